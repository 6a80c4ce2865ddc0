"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  // Bytes travel as base64url without padding.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const asked = (options) => {
    const key = { ...options, challenge: bytes(options.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      if (key[list]) key[list] = key[list].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return key;
  };

  const answer = (credential) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = text(credential.response[part]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    const form = button.form;
    const said = form.querySelector("[data-passkey-said]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const publicKey = asked(JSON.parse(button.dataset.options));
        form.elements.passkey.value = answer(await navigator.credentials[button.dataset.passkey]({ publicKey }));
        form.submit();
      } catch (problem) {
        said.hidden = false;
        said.textContent = problem.name === "InvalidStateError"
          ? "This device has a passkey of yours already."
          : "No passkey was used. Try again, or go on without one.";
        button.disabled = false;
      }
    });
  }
})();
