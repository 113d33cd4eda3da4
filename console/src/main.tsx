import { render } from 'preact';
import { App } from './app.tsx';
import './tokens.css';
import './page.css';
import './parts.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
