package runverify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runverify"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func checks(t *testing.T, environ ...string) (c *runverify.Checks, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "checks")
	c, err := runverify.New(runverify.Config{
		Gateway: "127.0.0.1:1", RootFile: "/etc/root.pem", Folder: folder, Environ: append(environ, "PATH="+os.Getenv("PATH")),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, folder
}

func command(c stage.CommandCheck) run.CheckInput {
	return run.CheckInput{
		Own: true, Release: "rel_1", Version: "1.4", Workload: "orders", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"},
		Endpoints: map[string]string{"web": "https://orders.dev.shop.localhost:7443/", "admin-api": "https://admin.localhost/"},
		Check:     stage.Check{Name: "smoke", Command: &c},
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	for name, tc := range map[string]struct {
		check   stage.CommandCheck
		passed  bool
		message string
		output  string
	}{
		"it passes":                {stage.CommandCheck{Argv: sh("echo fine")}, true, "exit code 0", "fine"},
		"it fails, and says why":   {stage.CommandCheck{Argv: sh("echo first; echo 'no such order' >&2; exit 3")}, false, "exit code 3, want 0", "first\nno such order"},
		"no shell reads arguments": {stage.CommandCheck{Argv: []string{"echo", "$HOME; exit 1"}}, true, "", "$HOME; exit 1"},
		"it is told what is there": {stage.CommandCheck{Argv: sh("echo $TERRACE_URL $TERRACE_ENDPOINT_ADMIN_API $TERRACE_RELEASE $TERRACE_VERSION $TERRACE_STAGE $TERRACE_WORKLOAD $TERRACE_PROJECT $TERRACE_TENANT $TERRACE_CA_FILE")}, true, "", "https://admin.localhost/ https://admin.localhost/ rel_1 1.4 dev orders shop acme /etc/root.pem"},
		"variables of its own":     {stage.CommandCheck{Argv: sh("echo $DEPTH"), Environment: map[string]string{"DEPTH": "full"}}, true, "", "full"},
		"and no secret":            {stage.CommandCheck{Argv: sh("env | grep -c hunter2")}, false, "exit code 1", "0"},
		"a directory of its own":   {stage.CommandCheck{Argv: sh(`touch f && test "$PWD" = "$HOME" && test "$PWD" = "$TMPDIR" && ls`)}, true, "", "f"},
		"no program":               {stage.CommandCheck{Argv: []string{"/no/such/program"}}, false, "there is no program /no/such/program", ""},
		"nor on the PATH":          {stage.CommandCheck{Argv: []string{"no-such-program"}}, false, "there is no program no-such-program", ""},
		"it takes too long":        {stage.CommandCheck{Argv: sh("echo waiting; sleep 600"), Timeout: 3 * time.Second}, false, "it had not ended after 3s, and was killed", "waiting"},
		"its children go with it":  {stage.CommandCheck{Argv: sh("sleep 600 & echo done")}, true, "exit code 0", "done"},
		"too much memory":          {stage.CommandCheck{Argv: sh("x=a; while :; do x=$x$x; done"), Memory: 32, Timeout: time.Minute}, false, "", ""},
		"it is killed":             {stage.CommandCheck{Argv: sh("kill -9 $$")}, false, `signal "killed"`, ""},
		"only the last lines":      {stage.CommandCheck{Argv: sh("seq 1 100000")}, true, "", "…\n99981"},
		"a line that never ends":   {stage.CommandCheck{Argv: sh("head -c 1000000 /dev/zero | tr '\\0' x")}, true, "", "…\nxxx"},
		"what would move a screen": {stage.CommandCheck{Argv: sh(`printf 'a\033[2Jb\377c\n'`)}, true, "", "a[2Jb�c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, folder := checks(t, "TERRACE_KEY=base64key://hunter2", "ARM_CLIENT_SECRET=hunter2")
			got := c.Verify(t.Context(), command(tc.check))
			if got.Passed != tc.passed || !strings.Contains(got.Message, tc.message) || !strings.Contains(got.Output, tc.output) {
				t.Errorf("%+v, want %q and %q", got, tc.message, tc.output)
			}
			if got.Check != "smoke" || got.Asked == "" || got.Attempts != 1 || len(got.Output) > 5000 {
				t.Errorf("%+v", got)
			}
			if tc.check.Memory > 0 && strings.Contains(got.Message, "had not ended") {
				t.Errorf("its memory has no bound: %+v", got)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("it leaves %v, %v", left, err)
			}
		})
	}
}

func TestWhatFormerChecksLeftIsRemoved(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "check-1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runverify.New(runverify.Config{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
