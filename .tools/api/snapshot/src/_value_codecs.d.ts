export interface ValueCodec<T> {
  encode(value: T): Uint8Array | undefined;
  decode(bytes: Uint8Array<ArrayBuffer>): T;
}
export declare const jsonCodec: ValueCodec<unknown>;
export declare const bytesCodec: ValueCodec<Uint8Array>;
