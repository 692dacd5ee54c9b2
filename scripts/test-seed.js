/** Gives every property test the same seed, so that a run says the same tomorrow; another one by SALLYPORT_SEED. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["SALLYPORT_SEED"] ?? 20261124) });
