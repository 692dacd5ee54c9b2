/** The portal begins here: sign-in, approval by link and self-service. */
import { render } from "preact";
import "./style.css";

const root = document.getElementById("page");
if (root) render(<main>Sallyport</main>, root);
