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
  const [opened] = useState(() => openedAt(location));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (next: Language) => {
    keepLanguage(next);
    setLanguage(next);
  };
  return (
    <Words.Provider value={TEXTS[language]}>
      <Frame language={language} onLanguage={choose} wide={opened.page === "me"}>
        <Page opened={opened} />
      </Frame>
    </Words.Provider>
  );
}

type Opened = { page: "approve"; token: string } | { page: "me" | "sign-in" | "start" };

/** Once, when the page is opened: a step may clean its address without becoming another page. */
function openedAt({ pathname }: Location): Opened {
  const token = /^\/approve\/([0-9A-Za-z]{1,64})\/?$/.exec(pathname)?.[1];
  if (token !== undefined) return { page: "approve", token };
  if (/^\/me\/?$/.test(pathname)) return { page: "me" };
  return { page: /^\/signin\/?$/.test(pathname) ? "sign-in" : "start" };
}

function Page({ opened }: { opened: Opened }) {
  switch (opened.page) {
    case "approve":
      return <Approve token={opened.token} />;
    case "me":
      return <Me />;
    case "sign-in":
      return <SignIn again={location.hash === "#again"} />;
    case "start":
      return <Start />;
  }
}

const root = document.getElementById("page");
if (root) render(<Portal />, root);
