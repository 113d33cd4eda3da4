export interface Location {
  pointer: string;
  source: { absoluteRef: string };
}

export function noInlineDuplicates(): {
  Schema(
    schema: { properties?: Record<string, unknown> },
    context: { location: Location; report(problem: { message: string; location: Location }): void },
  ): void;
};

export default function contractRules(): {
  id: string;
  rules: Record<string, Record<string, typeof noInlineDuplicates>>;
};
