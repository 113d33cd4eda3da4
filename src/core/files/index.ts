export { dropFile, dropFiles, fileOf, keepFile } from './keep.ts';

export { permittedType } from './name.ts';

export { checkSignature, sign } from './signature.ts';
