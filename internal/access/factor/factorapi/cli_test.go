package factorapi_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// terrace runs the client with a token; answer is asked for what nobody may see.
func (w *world) terrace(want int, token string, answer func(said string) string, args ...string) string {
	w.t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"HOME": w.t.TempDir(), "TERRACE_ADDRESS": w.address, "TERRACE_TOKEN": token}
	e := &command.Env{
		In: strings.NewReader(""), Out: &out, Err: &errs, Terminal: true, Version: "test", Clock: w.now,
		Getenv:       func(name string) string { return env[name] },
		ReadPassword: func() (string, error) { return answer(errs.String()), nil },
	}
	if got := cli.Main(w.t.Context(), e, args); got != want {
		w.t.Fatalf("terrace %s: exit %d\n%s%s", strings.Join(args, " "), got, &out, &errs)
	}
	return out.String() + errs.String()
}

// TestTheCommandLine adds an app at a terminal, makes codes, removes it, and sets the
// policy.
func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, root := w.token("ada", nil), w.token("root", nil)
	typed := regexp.MustCompile(`type the key into it: ([A-Z2-7]{32})`)
	var app string
	added := w.terrace(0, ada, func(said string) string {
		if found := typed.FindStringSubmatch(said); found != nil {
			app = found[1]
			return w.code(app)
		}
		return password
	}, "auth", "factors", "totp", "--name", "phone")
	if codes := noted.FindAllString(added, -1); len(codes) != 10 || !strings.Contains(added, "the app phone is added") || strings.Count(added, "▄") < 50 || strings.Contains(added, password) {
		t.Fatal(added)
	}
	w.later(time.Minute)
	code := func(string) string { return w.code(app) }
	if made := w.terrace(0, ada, code, "auth", "factors", "recovery-codes"); len(noted.FindAllString(made, -1)) != 10 {
		t.Error(made)
	}
	listed := w.terrace(0, ada, nil, "auth", "factors", "list")
	id := regexp.MustCompile(`fct_\w+`).FindString(listed)
	if !strings.Contains(listed, "phone") || !strings.Contains(listed, "10 recovery codes") || !strings.Contains(listed, w.address+security) {
		t.Error(listed)
	}
	w.later(time.Minute)
	if wrong := w.terrace(4, ada, func(string) string { return "000000" }, "auth", "factors", "remove", id); !strings.Contains(wrong, "the code is wrong") {
		t.Error(wrong)
	}
	if set := w.terrace(0, root, nil, "auth", "factors", "policy", "required", "--reason", "a test"); !strings.Contains(set, "the policy is required") {
		t.Error(set)
	}
	if refused := w.terrace(1, ada, code, "auth", "factors", "remove", id); !strings.Contains(refused, "your only one") {
		t.Error(refused)
	}
	w.terrace(0, root, nil, "auth", "factors", "policy", "admins")
	if shown := w.terrace(0, root, nil, "auth", "factors", "policy", "--output", "json"); !strings.Contains(shown, `"admins"`) {
		t.Error(shown)
	}
	w.later(time.Minute)
	w.terrace(0, ada, code, "auth", "factors", "remove", id)

	// Programs do it in two steps.
	var begun struct{ Secret, Enrolment string }
	raw := w.terrace(0, ada, func(string) string { return password }, "auth", "factors", "totp", "--begin", "--output", "json")
	if err := json.Unmarshal([]byte(raw[strings.Index(raw, "{"):strings.LastIndex(raw, "}")+1]), &begun); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	w.terrace(0, ada, func(string) string { return w.code(begun.Secret) }, "auth", "factors", "totp", "--enrolment", begun.Enrolment)
	w.policy(factor.Optional) // else root's token waits for a factor of root
	if reset := w.terrace(0, root, nil, "auth", "factors", "reset", "ada", "--reason", "lost", "--yes"); !strings.Contains(reset, "there were 1") {
		t.Error(reset)
	}
	if told := w.terrace(0, root, nil, "auth", "factors", "list", "--user", "ada"); !strings.Contains(told, "there are none") {
		t.Error(told)
	}
}

// TestLoginWithAPassword tells who has a factor how to sign in.
func TestLoginWithAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grown("ada")
	told := w.terrace(4, "", func(string) string { return password }, "login", w.address, "--username", "ada")
	if !strings.Contains(told, "a second factor is asked for") || !strings.Contains(told, "terrace login") {
		t.Error(told)
	}
}
