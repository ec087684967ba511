import { type ErrorOf } from "./errors.js";
export type StopError = ErrorOf<"TASK_TIMEOUT" | "TASK_CANCELLED">;
