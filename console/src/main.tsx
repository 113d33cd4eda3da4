// Before anything else: it takes what is secret out of the address.
import './welcome_code.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import './tokens.css';
import './page.css';
import './parts.css';
import './insight.css';
import './finder.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
