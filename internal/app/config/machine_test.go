package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestWhatStagesNameOnThisMachineMustBeThere(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := file(t, strings.ReplaceAll(`stages:
  - name: dev
    order: 1
    target: local
    runtime: process
    verify:
      - {name: gone, command: {argv: [/nowhere/smoke]}}
      - {name: plain, command: {argv: [THERE]}}
      - {name: unknown, command: {argv: [no-such-program-anywhere]}}
      - {name: sh, command: {argv: [sh, -c, "true"]}}
      - {name: token, prometheus: {server: "https://p.example", query: up, tokenFile: /nowhere/token}}
      - {name: folder, prometheus: {server: "https://p.example", query: up, tokenFile: /}}
      - {name: file, prometheus: {server: "https://p.example", query: up, tokenFile: THERE}}
`, "THERE", there))
	_, err := config.Load(flags(t, "--config="+path), home())
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, p := range e.Problems {
		got = append(got, p.Path+": "+p.Message)
	}
	want := []string{
		"stages.dev.verify[0].command.argv: there is no program /nowhere/smoke on this machine",
		"stages.dev.verify[1].command.argv: " + there + " cannot be executed by the user of terraced",
		"stages.dev.verify[2].command.argv: there is no program no-such-program-anywhere on this machine",
		"stages.dev.verify[4].prometheus.tokenFile: there is no file /nowhere/token on this machine",
		"stages.dev.verify[5].prometheus.tokenFile: / is no file",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
