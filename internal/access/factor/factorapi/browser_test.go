package factorapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// chromium is a real browser, driven by the DevTools protocol over its pipe.
type chromium struct {
	t       *testing.T
	to      *os.File
	session string

	mu       sync.Mutex
	next     int
	answers  map[int]chan message
	problems []string
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct{ Message string }
}

// startChromium starts a browser with a key of its own, or skips where there is none.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	program := os.Getenv("TERRACE_TEST_CHROMIUM")
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		t.Skip("there is no Chromium: install chromium-headless-shell, or set TERRACE_TEST_CHROMIUM")
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir())
	cmd.ExtraFiles = []*os.File{theirs, ours} // it reads 3 and writes 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), ours.Close()
	t.Cleanup(func() {
		_ = to.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	c := &chromium{t: t, to: to, answers: map[int]chan message{}}
	go c.read(from)
	var target struct{ TargetID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	c.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "WebAuthn"} {
		c.call(domain+".enable", map[string]any{}, nil)
	}
	c.call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
	}}, nil)
	return c
}

// read takes what the browser writes: messages that end with a zero.
func (c *chromium) read(from *os.File) {
	defer func() { _ = from.Close() }()
	lines := bufio.NewReader(from)
	for {
		raw, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
			continue
		}
		c.mu.Lock()
		if answer := c.answers[m.ID]; answer != nil && m.ID != 0 {
			answer <- m
			delete(c.answers, m.ID)
		}
		if m.Method == "Log.entryAdded" || m.Method == "Runtime.exceptionThrown" {
			c.problems = append(c.problems, string(m.Params))
		}
		c.mu.Unlock()
	}
}

func (c *chromium) call(method string, params, out any) {
	c.t.Helper()
	c.mu.Lock()
	c.next++
	id, answer := c.next, make(chan message, 1)
	c.answers[id] = answer
	c.mu.Unlock()
	raw, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": c.session})
	if c.session == "" {
		raw, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.to.Write(append(raw, 0)); err != nil {
		c.t.Fatal(err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			c.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if out != nil {
			if err := json.Unmarshal(m.Result, out); err != nil {
				c.t.Fatal(err)
			}
		}
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("%s: no answer", method)
	}
}

// run runs a script in the page, and returns what it comes to as text.
func (c *chromium) run(script string) string {
	c.t.Helper()
	var out struct {
		Result struct{ Value any }
	}
	c.call("Runtime.evaluate", map[string]any{"expression": script, "userGesture": true}, &out)
	return fmt.Sprint(out.Result.Value)
}

func (c *chromium) open(address string) {
	c.t.Helper()
	c.call("Page.navigate", map[string]any{"url": address}, nil)
}

// until waits until a script comes to true, in whatever page there is then.
func (c *chromium) until(what, script string) {
	c.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c.run("document.readyState === 'complete' && Boolean("+script+")") == "true" {
			return
		}
	}
	c.t.Fatalf("%s: at %s: %s\n%v", what, c.run("location.href"), c.run("document.body.innerText"), c.problems)
}

// fill types into fields and sends their form.
func (c *chromium) fill(form string, values ...string) {
	c.t.Helper()
	for i := 0; i < len(values); i += 2 {
		c.run(fmt.Sprintf("document.querySelector('%s [name=%s]').value = %q", form, values[i], values[i+1]))
	}
	c.run("document.querySelector('" + form + " button[type=submit]').click()")
}

// TestARealBrowser adds a passkey and signs in with it, alone and after a password, in a
// Chromium with a virtual authenticator: what the page's script and its policy do.
func TestARealBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := startChromium(t)
	button := func(form string) string {
		return "document.querySelector('form[action=\"" + form + "\"] button[data-passkey]:not([hidden])')"
	}
	signedIn := "document.body.innerText.includes('You are signed in as ada')"
	c.open(w.address + security)
	c.until("the page to sign in on", button("/sign-in/passkey"))
	c.fill("form[action=\"/sign-in\"]", "username", "ada", "password", password)
	c.until("the page of the factors", button(security+"/passkeys"))
	c.run(button(security+"/passkeys") + ".click()")
	c.until("the recovery codes", "document.body.innerText.includes('Your recovery codes')")
	c.open(w.address + security)
	c.until("the page to sign in on", button("/sign-in/passkey"))
	c.run(button("/sign-in/passkey") + ".click()")
	c.until("the page of the factors", "document.body.innerText.includes('last used')")
	// The same device adds none twice.
	c.run(button(security+"/passkeys") + ".click()")
	c.until("a word on that", "document.body.innerText.includes('has a passkey of yours already')")
	c.open(w.address + security + "/totp")
	c.until("the QR code", "document.querySelector('img.qr').naturalWidth > 100")
	c.open(w.address + "/sign-in")
	c.until("the page to sign out on", signedIn)
	c.fill("form[action=\"/sign-out\"]")
	c.until("the end", "document.body.innerText.includes('You are signed out')")
	c.open(w.address + "/sign-in")
	c.until("the page to sign in on", button("/sign-in/passkey"))
	c.fill("form[action=\"/sign-in\"]", "username", "ada", "password", password)
	c.until("the step", button("/sign-in/step/factor"))
	c.run(button("/sign-in/step/factor") + ".click()")
	c.until("being signed in", signedIn)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, problem := range c.problems {
		if !strings.Contains(problem, "favicon.ico") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}
