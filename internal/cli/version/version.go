// Package version has the command terrace version.
//
// It owns how the client names itself.
package version

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Of returns the version of this program: what the linker set, else what the
// Go toolchain knows of the module.
func Of(linked string) string {
	if linked != "" {
		return linked
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// Command returns terrace version.
func Command(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show the version of the client", Args: cobra.NoArgs,
		Example: "  terrace version\n  terrace version -o json",
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": e.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return e.Print(v, func(w io.Writer) { _, _ = fmt.Fprintf(w, "terrace %s (%s, %s)\n", e.Version, v["go"], v["platform"]) })
		},
	}
}
