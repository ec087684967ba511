export declare function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
