/** A style that a page imports: the build makes a file of it. */
declare module "*.css";
