package scripts_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/test/harness"
)

// offline are the commands whose flags stage and workload ask no server, or are about
// what there is not yet.
func offline() []string {
	return []string{
		"terrace budget set --workload",       // of a workload to come; it is told
		"terrace definition apply --stage",    // with a file of definitions
		"terrace definition apply --workload", // likewise
		"terrace promote WORKLOAD",            // it tells that nothing of it is in the stage before
		"terrace state import WORKLOAD",       // of a workload to come
		"terrace config token create WORKLOAD",
		"terrace mesh bootstrap WORKLOAD", "terrace mesh render --stage", // they write files, without a server
		// The topic, which there is not either, is told first.
		"terrace topic grant create --workload", "terrace topic subscription apply --workload",
		"terrace access revoke --stage", // by the id of a grant
		// The project has no configuration at all, which is told first.
		"terrace config diff --workload", "terrace config evaluate --stage", "terrace config evaluate --workload",
		"terrace config explain --workload", "terrace config flags --workload", "terrace config get --workload", "terrace config list --workload",
	}
}

// nowhere gives each command of the client a stage, and a workload, that there is not.
func nowhere(t *testing.T, d *harness.Daemon) {
	t.Helper()
	l := lines{folder: t.TempDir()}
	l.write(t, "score.yaml", "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: registry.example/orders}}\n")
	l.write(t, "state.json", "{}")
	l.write(t, "route.yaml", "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: x}\nspec:\n  hosts: [x.dev.nowhere.localhost]\n  rules: [{backends: [{service: x}]}]\n")
	l.write(t, "mesh.yaml", "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n")
	l.write(t, "topic.yaml", "topic: x\n")
	l.write(t, "event.json", `{"specversion": "1.0", "id": "1", "source": "/x", "type": "x.placed", "data": {}}`)
	l.write(t, "inputs.yaml", "name: nothing\n")
	l.write(t, "plan.json", `{"format_version": "1.2", "terraform_version": "1.11.0", "planned_values": {}, "resource_changes": []}`)
	l.write(t, "main.tf", "variable \"name\" {\n  type = string\n}\n")
	p, signIn, seen := d.Project(t.Context(), t, "nowhere"), d.SignIn(), 0
	vars := map[string]string{"TERRACE_ADDRESS": signIn.Address, "TERRACE_TOKEN": signIn.Token, "TERRACE_PROJECT": p.Project, "TERRACE_SECRET_VALUE": "s3cret"}
	refused := func(line []string, says ...string) {
		t.Helper()
		seen++
		var said bytes.Buffer
		e := &command.Env{In: strings.NewReader(""), Out: &said, Err: &said, Getenv: func(name string) string { return vars[name] }}
		code := cli.Main(t.Context(), e, line)
		silent := slices.ContainsFunc(says, func(text string) bool { return !strings.Contains(said.String(), text) })
		if code != exit.NotFound || silent {
			t.Errorf("%q: exit %d, %s", line, code, said.String())
		}
	}
	each(cli.Root(&command.Env{}), func(c *cobra.Command) {
		for _, name := range []string{"stage", "workload"} {
			if c.Flag(name) != nil && !slices.Contains(offline(), c.CommandPath()+" --"+name) {
				refused(append(l.of(c, name), "--"+name, "nope"), "there is no "+name+" ", "nope", "\nfix: ", "see terrace st")
			}
		}
		if c.CommandPath() == "terrace mesh why" {
			refused(l.of(c, ""), "there is no workload ", "\nfix: ")
		}
		if strings.Contains(c.Use, "WORKLOAD") && !slices.Contains(offline(), c.CommandPath()+" WORKLOAD") {
			refused(l.of(c, ""), "nope", "\nfix: ")
		}
	})
	if seen < 60 {
		t.Errorf("only %d places were found", seen)
	}
}

// missing has each command be about what there is not: where it says so, it says where to look.
func missing(t *testing.T, d *harness.Daemon) {
	t.Helper()
	l, p, signIn, seen := lines{folder: t.TempDir()}, d.Project(t.Context(), t, "missing"), d.SignIn(), 0
	l.write(t, "score.yaml", "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: registry.example/orders}}\n")
	vars := map[string]string{"TERRACE_ADDRESS": signIn.Address, "TERRACE_TOKEN": signIn.Token, "TERRACE_PROJECT": p.Project, "TERRACE_SECRET_VALUE": "s3cret"}
	each(cli.Root(&command.Env{}), func(c *cobra.Command) {
		if c.CommandPath() == "terrace gateway tail" {
			return // it goes on until it is stopped
		}
		var out, said bytes.Buffer
		e := &command.Env{In: strings.NewReader(""), Out: &out, Err: &said, Getenv: func(name string) string { return vars[name] }}
		line := l.of(c, "workload")
		if cli.Main(t.Context(), e, line) != exit.NotFound {
			return
		}
		seen++
		if !strings.Contains(said.String(), "fix: ") {
			t.Errorf("%q: %s", line, said.String())
		}
	})
	if seen < 40 {
		t.Errorf("only %d commands found nothing", seen)
	}
}

// nothing has each list, of a project without anything, be a list for programs.
func nothing(t *testing.T, d *harness.Daemon) {
	t.Helper()
	l, p, signIn, seen := lines{folder: t.TempDir()}, d.Project(t.Context(), t, "nothing"), d.SignIn(), 0
	vars := map[string]string{"TERRACE_ADDRESS": signIn.Address, "TERRACE_TOKEN": signIn.Token, "TERRACE_PROJECT": p.Project}
	each(cli.Root(&command.Env{}), func(c *cobra.Command) {
		line := l.of(c, "workload")
		lists := c.Name() == "list" || slices.Contains([]string{"terrace cost idle", "terrace cost anomalies", "terrace cost imports", "terrace status", "terrace repo webhooks"}, c.CommandPath())
		if !lists || strings.HasPrefix(c.CommandPath(), "terrace azure-sim") || strings.Contains(c.Use, " WORKLOAD") {
			return
		}
		seen++
		var out, said bytes.Buffer
		e := &command.Env{In: strings.NewReader(""), Out: &out, Err: &said, Getenv: func(name string) string { return vars[name] }}
		code := cli.Main(t.Context(), e, append(line, "-o", "json"))
		if text := strings.TrimSpace(out.String()); code == exit.OK && !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
			t.Errorf("%q prints %q", line, text)
		}
	})
	if seen < 15 {
		t.Errorf("only %d lists were found", seen)
	}
}

// lines writes lines of commands that have all that they need, in a folder.
type lines struct{ folder string }

func (l lines) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(l.folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// of is a line of c with its arguments and all flags that it needs but one.
func (l lines) of(c *cobra.Command, but string) []string {
	line := strings.Fields(c.CommandPath())[1:]
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(word, "-") {
			break
		}
		if !strings.HasPrefix(word, "[") || word == "[FILE]" || word == "[RULE]" || word == "[WORKLOAD]" && but == "" {
			name := strings.Trim(word, "[].")
			line = append(line, cmp.Or(l.values()[c.CommandPath()+" "+name], l.word(name)))
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		value, takes := l.values()[c.CommandPath()+" --"+f.Name]
		switch {
		case f.Name == but:
		case f.Name == "yes" && c.CommandPath() != "terrace module publish":
			line = append(line, "--yes")
		case f.Name == "stage" && but == "":
			line = append(line, "--stage", "dev")
		case takes || len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0:
			if f.Name == "stage" {
				value = cmp.Or(value, "dev")
			}
			line = append(line, "--"+f.Name+"="+cmp.Or(value, "1d"))
		}
	})
	return line
}

// values are those of flags for which 1d does not do, or without which a command
// does nothing.
func (l lines) values() map[string]string {
	return map[string]string{
		"terrace audit export --file":         filepath.Join(l.folder, "audit.jsonl"),
		"terrace tenant export --file":        filepath.Join(l.folder, "tenant.zip"),
		"terrace budget set --amount":         "1",
		"terrace explain --workload":          "orders",
		"terrace landing-zone set --file":     filepath.Join(l.folder, "state.json"),
		"terrace landing-zone check --inputs": filepath.Join(l.folder, "inputs.yaml"), "terrace landing-zone check --folder": l.folder,
		"terrace landing-zone run --inputs": filepath.Join(l.folder, "inputs.yaml"), "terrace landing-zone run --folder": l.folder,
		"terrace gateway apply --file":                      filepath.Join(l.folder, "route.yaml"),
		"terrace gateway cache purge --all":                 "true",
		"terrace gateway validate --file":                   filepath.Join(l.folder, "route.yaml"),
		"terrace gateway subscription regenerate-key --key": "primary",
		"terrace mesh apply --file":                         filepath.Join(l.folder, "mesh.yaml"),
		"terrace mesh validate --file":                      filepath.Join(l.folder, "mesh.yaml"),
		"terrace module publish --version":                  "1.0.0",
		"terrace promote --to":                              "test",
		"terrace topic apply FILE":                          filepath.Join(l.folder, "topic.yaml"),
		"terrace topic publish FILE":                        filepath.Join(l.folder, "event.json"),
		"terrace topic grant create --publish":              "true",
		"terrace topic replay --dead":                       "true",
		"terrace certificate issue --key-out":               filepath.Join(l.folder, "new.key"),
		"terrace module publish --dry-run":                  "true",
		"terrace policy eval --server":                      "true",
		"terrace policy eval --plan":                        filepath.Join(l.folder, "plan.json"),
		"terrace policy list --server":                      "true",
		"terrace policy impact --assign":                    "*=hard-mandatory",
		"terrace state import --file":                       filepath.Join(l.folder, "state.json"),
		"terrace secret rollback --version":                 "1", "terrace secret configure --max-versions": "5",
		"terrace secret restore --version":    "1",
		"terrace secret destroy --version":    "1",
		"terrace subscription create --topic": "x", "terrace subscription create --topic-stage": "dev",
	}
}

func (l lines) word(name string) string {
	switch name {
	case "FILE":
		return filepath.Join(l.folder, "score.yaml")
	case "FOLDER", "DIR":
		return l.folder
	case "DOMAIN":
		return "nothing.example"
	case "WORKLOAD":
		return "nope"
	case "route|policy|product":
		return "route"
	case "KIND":
		return "HTTPRoute"
	case "LEVEL":
		return "hard-mandatory"
	case "TYPE":
		return "redis"
	case "ROLE":
		return "developer"
	case "QUOTA=LIMIT…":
		return "stacks=5000"
	case "RULE":
		return "azure-storage-https-only"
	default:
		return "x"
	}
}

func each(c *cobra.Command, do func(*cobra.Command)) {
	if c.Runnable() && !c.HasSubCommands() {
		do(c)
	}
	for _, child := range c.Commands() {
		each(child, do)
	}
}
