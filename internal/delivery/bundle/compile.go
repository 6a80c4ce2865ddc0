package bundle

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// compile builds the main package of dir to the file target, without anything
// of this machine in it: the same source gives the same bytes.
func (b Builder) compile(ctx context.Context, dir, target string) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "Go is needed to build %s and is not on the PATH", dir).
			WithFix("install Go, or name a built image in score.yaml")
	}
	cmd := exec.CommandContext(ctx, tool, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", target, ".")
	cmd.Dir = dir
	env := b.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Env = append(slices.Clone(env), "CGO_ENABLED=0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	run := b.Run
	if run == nil {
		run = func(_ context.Context, cmd *exec.Cmd) error { return cmd.Run() }
	}
	if err := run(ctx, cmd); err != nil {
		return buildError(ctx, dir, out.String(), err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode()&0o111 == 0 {
		return kernel.Errorf(kernel.Invalid, "the Go package in %s is not a program", dir).WithFix("name the folder of package main as the image, such as ./cmd/server")
	}
	return nil
}

func buildError(ctx context.Context, dir, output string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if known, ok := errors.AsType[*kernel.Error](err); ok {
		return known // it was stopped, and why is known better than by what it said
	}
	e := kernel.Errorf(kernel.Invalid, "the service in %s does not build", dir)
	if problems := compilerProblems(dir, output); len(problems) > 0 {
		return e.WithProblems(problems...)
	}
	if text := strings.TrimSpace(output); text != "" {
		err = errors.New(text)
	}
	return e.WithProblems(kernel.Problem{Message: err.Error()})
}

var place = regexp.MustCompile(`(?m)^(?:vet: )?([^\s:#][^:\n]*\.go):(\d+):(?:(\d+):)? (.+)$`)

// compilerProblems reads file:line:column: message from the compiler's output.
func compilerProblems(dir, output string) []kernel.Problem {
	var out []kernel.Problem
	for _, m := range place.FindAllStringSubmatch(output, 20) {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		out = append(out, kernel.Problem{File: filepath.Join(dir, m[1]), Line: line, Column: max(1, column), Message: m[4]})
	}
	return out
}
