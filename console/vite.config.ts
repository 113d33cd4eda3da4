import { defineConfig } from 'vite';

/** Only files of this site are loaded, none of them inlined: the page's policy takes no others. */
export default defineConfig({
  base: '/',
  server: { proxy: { '/v1': 'http://localhost:6789' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: false,
    reportCompressedSize: false,
  },
});
