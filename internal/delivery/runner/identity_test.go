package runner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// identities gives tokens that hold for two seconds, the next one each time.
func identities(t *testing.T) (address string, given *atomic.Int64) {
	t.Helper()
	given = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/workload-identity/v1/token" || r.Header.Get("Authorization") != "Bearer trun_mine" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"detail":"the run token is not valid"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"token":"token-number-%d","expiresIn":2}`, given.Add(1))
	}))
	t.Cleanup(server.Close)
	return server.URL, given
}

func identified(token string) runner.Job {
	return runner.Job{
		RunID: "run_1", Stack: stack, Files: map[string][]byte{"main.tf.json": []byte("{}")}, Token: token,
		Identity: &runner.Identity{
			Variables:   map[string]string{"ARM_OIDC_TOKEN_FILE_PATH": runner.TokenFile, "GOOGLE_APPLICATION_CREDENTIALS": runner.CredentialsFile},
			Credentials: `{"file":"` + runner.TokenFile + `"}`,
		},
	}
}

// TestAnIdentityIsRenewedWhileTheToolWorks has a tool that waits for the third token, and
// then shows what it has.
func TestAnIdentityIsRenewedWhileTheToolWorks(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, isolated bool) {
		address, given := identities(t)
		data := t.TempDir()
		tool := fake(t, `until grep -q 'number-3' "$ARM_OIDC_TOKEN_FILE_PATH"; do sleep 0.1; done
stat -c 'mode %a' "$ARM_OIDC_TOKEN_FILE_PATH" >&2
grep -q "\"$ARM_OIDC_TOKEN_FILE_PATH\"" "$GOOGLE_APPLICATION_CREDENTIALS" && echo named >&2
cat "$ARM_OIDC_TOKEN_FILE_PATH" >&2
: 2>/dev/null > "$(dirname "$ARM_OIDC_TOKEN_FILE_PATH")/x" && echo writable >&2
exit 7`)
		config := runner.Config{Tool: tool, DataDir: data, Address: address, Isolated: isolated, Spawner: spawner(t)}
		_, err := runner.New(config).Plan(t.Context(), identified("trun_mine"), nil)
		if err == nil || !strings.Contains(err.Error(), "mode 600") || !strings.Contains(err.Error(), "named") || strings.Contains(err.Error(), "number-3") {
			t.Errorf("plan: %v", err)
		}
		if isolated && strings.Contains(err.Error(), "writable") {
			t.Errorf("the tool can write where the token is written: %v", err)
		}
		if given.Load() < 3 {
			t.Errorf("%d tokens were asked for", given.Load())
		}
		if left, _ := filepath.Glob(filepath.Join(data, "tmp", "*")); len(left) > 0 {
			t.Errorf("after the plan there is %v", left)
		}
	})
}

// TestNothingBeginsWithoutTheIdentity has a server that refuses the run.
func TestNothingBeginsWithoutTheIdentity(t *testing.T) {
	t.Parallel()
	address, _ := identities(t)
	began, data := filepath.Join(t.TempDir(), "began"), t.TempDir()
	r := runner.New(runner.Config{Tool: fake(t, "touch "+began), DataDir: data, Address: address})
	if _, err := r.Plan(t.Context(), identified("trun_other"), nil); !kernel.Is(err, kernel.Denied) || !strings.Contains(err.Error(), "the run token is not valid") {
		t.Errorf("plan: %v, want the server's words", err)
	}
	if _, err := os.Stat(began); err == nil {
		t.Error("the tool was started")
	}
	if left, _ := filepath.Glob(filepath.Join(data, "tmp", "*")); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
}
