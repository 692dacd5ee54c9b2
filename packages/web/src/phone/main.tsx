/** The phone approver begins here. */
import { render } from "preact";
import "../shown/style.css";
import { App } from "./app.tsx";
import "./style.css";

const root = document.getElementById("page");
if (root) render(<App />, root);
