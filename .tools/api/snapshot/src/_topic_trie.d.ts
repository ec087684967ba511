export interface TopicSyntax {
  readonly separator: string;
  readonly one: string;
  readonly many: string;
  readonly manyEndsPattern: boolean;
  readonly manyTakesNone: boolean;
  readonly allowsEmptyWords: boolean;
  readonly allowsSpaces: boolean;
  readonly hidesDollar: boolean;
}
