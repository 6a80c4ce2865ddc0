package landingzone_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/landingzone"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/signin"
)

// server keeps what it is told, as the real one does.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	var kept map[string]any
	mux := http.NewServeMux()
	zone := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"stage": "dev", "version": 2, "digest": "sha256:" + strings.Repeat("ab", 32), "outputs": kept, "setBy": "ada", "setAt": "2026-11-25T12:00:00Z",
		})
	}
	mux.HandleFunc("PUT /api/v1/landing-zones/dev", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Outputs map[string]struct{ Value any }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		kept = map[string]any{}
		for name, o := range in.Outputs {
			kept[name] = o.Value
		}
		zone(w)
	})
	mux.HandleFunc("GET /api/v1/landing-zones/dev", func(w http.ResponseWriter, _ *http.Request) { zone(w) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func terrace(t *testing.T, address, stdin string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	e := &command.Env{
		In: strings.NewReader(stdin), Out: &out, Err: &out, Format: output.Table,
		Getenv: func(string) string { return "" }, Identity: signin.Identity{Address: address, Token: "t", Project: "demo"},
	}
	c := landingzone.Command(e)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	err := c.Execute()
	return out.String(), err
}

const outputs = `{"name_prefix": {"sensitive": false, "type": "string", "value": "acme-dev"},
	"redis": {"sensitive": false, "type": ["object", {"port": "number"}], "value": {"port": 6380}}}`

func TestSetAndShow(t *testing.T) {
	t.Parallel()
	s := server(t)
	file := filepath.Join(t.TempDir(), "outputs.json")
	if err := os.WriteFile(file, []byte(outputs), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		stdin string
		args  []string
	}{"a file": {"", []string{"set", "--stage", "dev", "--file", file}}, "the input": {outputs, []string{"set", "--stage", "dev", "--file", "-"}}} {
		if said, err := terrace(t, s.URL, c.stdin, c.args...); err != nil || !strings.Contains(said, "dev is version 2, with 2 outputs") {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
	said, err := terrace(t, s.URL, "", "show", "--stage", "dev")
	for _, want := range []string{"dev, version 2", "name_prefix", "acme-dev", `{"port":6380}`} {
		if err != nil || !strings.Contains(said, want) {
			t.Errorf("%q, %v; want %q", said, err, want)
		}
	}
}

// TestSetOfAnotherStagesOutputs: the mix-up is told, and not refused, as tags are free.
func TestSetOfAnotherStagesOutputs(t *testing.T) {
	t.Parallel()
	s := server(t)
	for env, want := range map[string]bool{"prod": true, "dev": false} {
		said, err := terrace(t, s.URL, `{"tags": {"value": {"env": "`+env+`"}}}`, "set", "--stage", "dev", "--file", "-")
		if err != nil || strings.Contains(said, "note: the outputs have the tag env = "+env) != want {
			t.Errorf("%s: %q, %v", env, said, err)
		}
	}
}

func TestSetSaysWhatIsWrongWithItsFile(t *testing.T) {
	t.Parallel()
	for stdin, want := range map[string]string{
		"no JSON":         "the input: it does not have terraform's outputs: it is not JSON",
		"":                "it is empty",
		`[]`:              "it is not an object",
		`{"a": 1}`:        "a is no object with a value", // terraform output -json a, or a file by hand
		`{"a": {"b": 1}}`: "a is no object with a value",
		`{"format_version": "1.0", "values": {"outputs": {}}}`: "format_version is no object", // terraform show -json
		`{"a": {"value": 1, "sensitive": "x"}}`:                "true or false",
	} {
		if _, err := terrace(t, "http://127.0.0.1:1", stdin, "set", "--stage", "dev", "--file", "-"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := terrace(t, "http://127.0.0.1:1", "", "set", "--stage", "dev", "--file", "/nowhere/outputs.json"); err == nil || !strings.Contains(err.Error(), "/nowhere/outputs.json") {
		t.Errorf("a file that is missing: %v", err)
	}
}
