package factorapi_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
)

// TestARealBrowser adds a passkey and signs in with it, alone and after a password, in a
// Chromium with a virtual authenticator: what the page's script and its policy do.
func TestARealBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := providertest.StartChromium(t)
	button := func(form string) string {
		return "document.querySelector('form[action=\"" + form + "\"] button[data-passkey]:not([hidden])')"
	}
	signedIn := "document.body.innerText.includes('You are signed in as ada')"
	c.Open(w.address + security)
	c.Until("the page to sign in on", button("/sign-in/passkey"))
	c.Fill("form[action=\"/sign-in\"]", "username", "ada", "password", password)
	c.Until("the page of the factors", button(security+"/passkeys"))
	c.Run(button(security+"/passkeys") + ".click()")
	c.Until("the recovery codes", "document.body.innerText.includes('Your recovery codes')")
	c.Open(w.address + "/sign-in")
	c.Until("the page to sign out on", signedIn)
	c.Fill("form[action=\"/sign-out\"]")
	c.Until("the end", "document.body.innerText.includes('You are signed out')")
	c.Open(w.address + security)
	c.Until("the page to sign in on", button("/sign-in/passkey"))
	c.Run(button("/sign-in/passkey") + ".click()")
	c.Until("the page of the factors", "document.body.innerText.includes('last used')")
	// The same device adds none twice.
	c.Run(button(security+"/passkeys") + ".click()")
	c.Until("a word on that", "document.body.innerText.includes('has a passkey of yours already')")
	c.Open(w.address + security + "/totp")
	c.Until("the QR code", "document.querySelector('img.qr').naturalWidth > 100")
	c.Open(w.address + "/sign-in")
	c.Until("the page to sign out on", signedIn)
	c.Fill("form[action=\"/sign-out\"]")
	c.Until("the end", "document.body.innerText.includes('You are signed out')")
	c.Open(w.address + "/sign-in")
	c.Until("the page to sign in on", button("/sign-in/passkey"))
	c.Fill("form[action=\"/sign-in\"]", "username", "ada", "password", password)
	c.Until("the step", button("/sign-in/step/factor"))
	c.Run(button("/sign-in/step/factor") + ".click()")
	c.Until("being signed in", signedIn)
	for _, problem := range c.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}
