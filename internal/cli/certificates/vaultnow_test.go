package certificates_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/certificates"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/signin"
)

// TestNowWaitsForTheEnd has a server that is done with a comparison when it is asked for the second
// time.
func TestNowWaitsForTheEnd(t *testing.T) {
	t.Parallel()
	const before = `"name":"shop","stage":"dev","vault":"https://kv.example","way":"copy","setBy":"me","setAt":"2026-03-01T12:00:00Z","triedAt":"2026-03-01T12:00:00Z"`
	after := strings.Replace(before, `"triedAt":"2026-03-01T12:00:00Z"`, `"triedAt":"2026-03-01T12:05:00Z"`, 1)
	for _, c := range []struct {
		reason, done, out, fails string
		args                     []string
	}{
		{reason: "it is in step", done: `{` + after + `,"state":"in-step"}`, out: "certificate shop is the same in https://kv.example"},
		{reason: "it fails", done: `{` + after + `,"state":"failed","reason":"no role","fix":"give it one"}`, fails: "certificate shop is failed: no role"},
		{reason: "it does not end", done: `{` + before + `,"state":"waiting"}`, args: []string{"--timeout", "2s"}, fails: "was not compared within 2s"},
		{reason: "nobody waits", done: "", args: []string{"--wait=false"}, out: "are being compared"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			var lists atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.Method == http.MethodPost:
					_, _ = io.WriteString(w, `{`+before+`,"state":"waiting"}`)
				case lists.Add(1) == 1:
					_, _ = io.WriteString(w, `{"items":[{`+before+`,"state":"waiting"}]}`)
				default:
					_, _ = io.WriteString(w, `{"items":[`+c.done+`]}`)
				}
			}))
			t.Cleanup(s.Close)
			var b bytes.Buffer
			e := &command.Env{
				In: strings.NewReader(""), Out: &b, Err: &b, Format: output.Table,
				Getenv: func(string) string { return "" }, Identity: signin.Identity{Address: s.URL, Token: "t", Project: "shop"},
			}
			run := certificates.Command(e)
			run.SilenceErrors, run.SilenceUsage = true, true
			run.SetArgs(append([]string{"vault", "now", "shop", "--stage", "dev"}, c.args...))
			err := run.Execute()
			if c.fails == "" && (err != nil || !strings.Contains(b.String(), c.out)) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("%s %v", b.String(), err)
			}
		})
	}
}
