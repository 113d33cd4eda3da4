export { permittedType } from './file_name.ts';
export { dropFile, dropFiles, fileOf, keepFile } from './keep.ts';

export { checkSignature, sign } from './signature.ts';
