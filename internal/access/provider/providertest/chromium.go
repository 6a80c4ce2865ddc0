package providertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Chromium is a real browser, driven by the DevTools protocol over its pipe.
type Chromium struct {
	t       testing.TB
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

// StartChromium starts a browser with a key of its own, or skips where there is none.
func StartChromium(t testing.TB) *Chromium {
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
	dir, err := os.MkdirTemp("", "chromium-")
	if err != nil {
		t.Fatal(err)
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, //nolint:gosec // whoever runs the tests names it
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir="+dir)
	cmd.ExtraFiles = []*os.File{theirs, ours} // it reads 3 and writes 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), ours.Close()
	t.Cleanup(func() {
		_ = to.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for end := time.Now().Add(time.Minute); os.RemoveAll(dir) != nil && time.Now().Before(end); { // its children write on for a moment
			<-time.After(20 * time.Millisecond)
		}
	})
	c := &Chromium{t: t, to: to, answers: map[int]chan message{}}
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
func (c *Chromium) read(from *os.File) {
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

func (c *Chromium) call(method string, params, out any) {
	c.t.Helper()
	if err := c.ask(method, params, out); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

// ask calls a method; the error is the browser's.
func (c *Chromium) ask(method string, params, out any) error {
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
			return errors.New(m.Error.Message)
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(m.Result, out)
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("%s: no answer", method)
		return nil
	}
}

// Run runs a script in the page, and returns what it comes to as text.
func (c *Chromium) Run(script string) string {
	c.t.Helper()
	text, err := c.evaluate(script)
	if err != nil {
		c.t.Fatalf("%s: %v", script, err)
	}
	return text
}

func (c *Chromium) evaluate(script string) (string, error) {
	c.t.Helper()
	var out struct {
		Result struct{ Value any }
	}
	err := c.ask("Runtime.evaluate", map[string]any{"expression": script, "userGesture": true}, &out)
	return fmt.Sprint(out.Result.Value), err
}

// Open goes to an address.
func (c *Chromium) Open(address string) {
	c.t.Helper()
	c.call("Page.navigate", map[string]any{"url": address}, nil)
}

// Until waits until a script comes to true, in whatever page there is then.
func (c *Chromium) Until(what, script string) {
	c.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		// A page that goes on meanwhile answers nothing.
		if held, err := c.evaluate("document.readyState === 'complete' && Boolean(" + script + ")"); err == nil && held == "true" {
			return
		}
	}
	c.t.Fatalf("%s: at %s: %s\n%v", what, c.Run("location.href"), c.Run("document.body.innerText"), c.problems)
}

// Fill types into fields and sends their form.
func (c *Chromium) Fill(form string, values ...string) {
	c.t.Helper()
	for i := 0; i < len(values); i += 2 {
		c.Run(fmt.Sprintf("document.querySelector('%s [name=%s]').value = %q", form, values[i], values[i+1]))
	}
	c.Run("document.querySelector('" + form + " button[type=submit]').click()")
}

// Problems returns what the browser complains of, but for the icon that no page has.
func (c *Chromium) Problems() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.problems), func(one string) bool { return strings.Contains(one, "favicon.ico") })
}

// Picture writes what the browser shows to a folder that TERRACE_TEST_PICTURES names, for
// somebody to look at; without one it does nothing.
func (c *Chromium) Picture(name string) {
	c.t.Helper()
	folder := os.Getenv("TERRACE_TEST_PICTURES")
	if folder == "" {
		return
	}
	var out struct{ Data []byte }
	c.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &out)
	if err := os.WriteFile(filepath.Join(folder, name+".png"), out.Data, 0o600); err != nil {
		c.t.Fatal(err)
	}
}
