package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// TestAnAddressThatIsNoneIsAMistakeOfTheLine has each command that would ask a server,
// and doctor, be told of one that there cannot be.
func TestAnAddressThatIsNoneIsAMistakeOfTheLine(t *testing.T) {
	t.Parallel()
	const none = `"http://127.0.0.1:99999" is not the address of a server`
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		line := withRequired(c, words(c))
		if code, _ := try(line); code != exit.Unavailable || strings.HasPrefix(c.CommandPath(), "terrace azure-sim ") {
			return // it asks none, or another that it finds by its folder
		}
		seen++
		if code, said := try(append(line, "--address", "http://127.0.0.1:99999")); code != exit.Usage || !strings.Contains(said, none) || !strings.Contains(said, "fix: write it as http://HOST:PORT") {
			t.Errorf("%q: exit %d, %s", line, code, said)
		}
	})
	if seen < 100 {
		t.Errorf("only %d commands ask a server", seen)
	}
	if code, said := try([]string{"login", "http://127.0.0.1:99999"}); code != exit.Usage || !strings.Contains(said, none) {
		t.Errorf("login: exit %d, %s", code, said)
	}
}

// TestAnAddressHasNothingButWhereTheServerIs has what no request could be made to, or
// would leave out in silence; a password in it is not repeated.
func TestAnAddressHasNothingButWhereTheServerIs(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]int{
		"http://127.0.0.1:0": exit.Usage, "http://:7080": exit.Usage, "http://127.0.0.1:70000": exit.Usage, "http://127.0.0.1:-1": exit.Usage, "http://127.0.0.1:x": exit.Usage, "http://": exit.Usage,
		"ftp://x": exit.Usage, "http://[::1": exit.Usage, "http://ada:s3cret@127.0.0.1:1": exit.Usage, "http://ada:s3cret@127.0.0.1:x": exit.Usage, "http://127.0.0.1:1/?a=s3cret": exit.Usage, "http://127.0.0.1:1/#a": exit.Usage,
		"http://127.0.0.1:1": exit.Unavailable, "http://127.0.0.1:1/behind": exit.Unavailable,
	} {
		code, said := try([]string{"run", "list", "--address", address})
		if code != want || strings.Contains(address, "@") && strings.Contains(said, "s3cret") {
			t.Errorf("%s: exit %d, %s", address, code, said)
		}
	}
}
