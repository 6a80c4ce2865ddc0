package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/clitest"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

func TestAPasswordIsAskedForOnTheTerminal(t *testing.T) {
	t.Parallel()
	address, stop := clitest.Start()
	t.Cleanup(stop)
	cases := map[string]struct {
		answers []string
		code    int
		said    string
	}{
		"it is changed":          {[]string{clitest.Password, "another password", "another password"}, exit.OK, ""},
		"the new ones differ":    {[]string{clitest.Password, "another password", "other password"}, exit.Failed, "nothing has changed"},
		"the present one is not": {[]string{"wrong", "another password", "another password"}, exit.Denied, "the present password is wrong"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, err bytes.Buffer
			answers := c.answers
			e := &command.Env{
				In: strings.NewReader(""), Out: &out, Err: &err, Terminal: true,
				Getenv: func(string) string { return "" },
				ReadPassword: func() (string, error) {
					answer := answers[0]
					answers = answers[1:]
					return answer, nil
				},
			}
			code := cli.Main(t.Context(), e, []string{"--address", address, "--token", clitest.Token, "user", "password"})
			if code != c.code || !strings.Contains(err.String(), c.said) || len(answers) != 0 {
				t.Errorf("exit code %d, said %q", code, err.String())
			}
			if strings.Contains(out.String()+err.String(), "another") {
				t.Errorf("a password is shown: %s%s", &out, &err)
			}
		})
	}
}
