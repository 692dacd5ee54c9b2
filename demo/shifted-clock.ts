/** Loaded before a program (`--import`): its wall clock is off by SHIFTED_CLOCK_MS; what counts since boot is not. */
const shift = Number(process.env["SHIFTED_CLOCK_MS"] ?? 0);
const RightDate = Date;

function ShiftedDate(this: unknown, ...given: ConstructorParameters<typeof Date> | []) {
  if (!new.target) return new RightDate(RightDate.now() + shift).toString();
  return Reflect.construct(RightDate, given.length === 0 ? [RightDate.now() + shift] : given, new.target);
}
ShiftedDate.prototype = RightDate.prototype;
Object.setPrototypeOf(ShiftedDate, RightDate);
ShiftedDate.now = () => RightDate.now() + shift;
globalThis.Date = ShiftedDate as unknown as DateConstructor;
