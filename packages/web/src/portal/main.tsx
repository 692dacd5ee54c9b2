/** The portal begins here: which page the address means, in which language. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Frame } from "../shown/frame.tsx";
import { keepLanguage, type Language, preferredLanguage } from "../shown/language.ts";
import { Approve } from "./approve/approve.tsx";
import { Me } from "./me/me.tsx";
import { SignIn } from "./sign-in/sign-in.tsx";
import { Start } from "./start.tsx";
import { TEXTS, Words } from "./texts/texts.ts";
import "../shown/style.css";
import "./style.css";

function Portal() {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (next: Language) => {
    keepLanguage(next);
    setLanguage(next);
  };
  return (
    <Words.Provider value={TEXTS[language]}>
      <Frame language={language} onLanguage={choose} wide={location.pathname === "/me"}>
        <Page />
      </Frame>
    </Words.Provider>
  );
}

function Page() {
  const approval = /^\/approve\/([0-9A-Za-z]{1,64})\/?$/.exec(location.pathname)?.[1];
  if (approval !== undefined) return <Approve token={approval} />;
  if (/^\/me\/?$/.test(location.pathname)) return <Me />;
  if (/^\/signin\/?$/.test(location.pathname)) return <SignIn again={location.hash === "#again"} />;
  return <Start />;
}

const root = document.getElementById("page");
if (root) render(<Portal />, root);
