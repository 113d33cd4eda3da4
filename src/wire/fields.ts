/** Headers of an answer: names and values. */
export type Fields = readonly (readonly [name: string, value: string])[];
