package runners_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/runners"
	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// server makes one runner, and counts how many there are.
func server(t *testing.T) (address string, there *atomic.Int32) {
	t.Helper()
	there = new(atomic.Int32)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/runners", func(w http.ResponseWriter, _ *http.Request) {
		if there.Load() > 0 {
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"code":"conflict","detail":"the runner inside-1 exists already"}`)
			return
		}
		there.Add(1)
		_, _ = io.WriteString(w, `{"runner":{"name":"inside-1","labels":{"pool":"prod"}},"token":"s3cret"}`)
	})
	mux.HandleFunc("DELETE /api/v1/runners/inside-1", func(w http.ResponseWriter, _ *http.Request) {
		there.Add(-1)
		w.WriteHeader(http.StatusNoContent)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, there
}

func create(address, file string) error {
	var out bytes.Buffer
	e := &command.Env{
		In: strings.NewReader(""), Out: &out, Err: &out, Format: output.Table,
		Getenv: func(string) string { return "" }, Identity: signin.Identity{Address: address, Token: "t", Project: "demo"},
	}
	c := runners.Command(e)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs([]string{"create", "inside-1", "--labels", "pool=prod", "--token-file", file})
	return c.Execute()
}

// A token that cannot be written leaves no runner behind.
func TestNoRunnerIsMadeWhoseTokenIsLost(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]kernel.Kind{
		filepath.Join(t.TempDir(), "no", "such", "folder"): kernel.Invalid,
		t.TempDir(): kernel.Invalid,
		"/dev/full": kernel.Unavailable,
	} {
		address, there := server(t)
		if err := create(address, file); !kernel.Is(err, want) || there.Load() != 0 {
			t.Errorf("%s: %v, and there are %d runners", file, err, there.Load())
		}
	}
}

func TestATokenIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	address, _ := server(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("an old and longer token"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := create(address, file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if b, err := os.ReadFile(file); string(b) != "s3cret\n" {
		t.Errorf("%q %v", b, err)
	}
	other := filepath.Join(t.TempDir(), "token")
	if err := create(address, other); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second of the name: %v", err)
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("what was made for a token that there is not is left: %v", err)
	}
	if err := create(address, file); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second of the name: %v", err)
	}
	if b, err := os.ReadFile(file); string(b) != "s3cret\n" {
		t.Errorf("a token that counts is gone: %q %v", b, err)
	}
}
