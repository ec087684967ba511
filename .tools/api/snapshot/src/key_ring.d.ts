import { Secret } from "./secret.js";
export type PlatformKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
export type KeyMaterial =
  | Uint8Array
  | string
  | Secret<Uint8Array>
  | Secret<string>
  | PlatformKey;
export interface KeyInput<TKey = KeyMaterial> {
  readonly id: string;
  readonly key: TKey;
}
export interface SealWarning {
  readonly keyId: string;
  readonly seals: number;
  readonly maxSeals: number;
}
export interface KeyRingOptions {
  readonly maxSeals?: number;
  readonly onSealWarning?: (warning: SealWarning) => void;
}
export declare function generateKey(): Secret<string>;
export declare class KeyRing {
  readonly primary: string;
  readonly ids: readonly string[];
  readonly maxSeals: number;
  constructor(
    keys: readonly KeyInput<PlatformKey>[],
    primary: string,
    options?: KeyRingOptions,
  );
  static create(
    keys: readonly KeyInput[],
    primary: string,
    options?: KeyRingOptions,
  ): Promise<KeyRing>;
  get seals(): number;
}
