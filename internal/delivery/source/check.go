package source

import (
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// check refuses a source that cannot be.
func (s Source) check() error {
	var problems []kernel.Problem
	add := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	if !namePattern.MatchString(s.Name) {
		add("name", "it cannot be the name of a source", "use up to 63 of a-z, 0-9 and -, with a letter or digit at both ends")
	}
	if s.Repository == "" || s.RepositoryProject == "" {
		add("repository", "there is none", "name a repository of a project: see terrace repo list")
	}
	if !gitexec.IsBranch(s.Branch) {
		add("branch", "it cannot be the name of a branch", "use letters, digits, dots, dashes, underscores and slashes")
	}
	if s.Path != "" && (s.Path != path.Clean(s.Path) || strings.HasPrefix(s.Path, "..") || strings.ContainsAny(s.Path, "\\\x00\n")) {
		add("path", "it is no folder of a repository", "write it as platform/terrace")
	}
	if i := time.Duration(s.Interval); i < minInterval || i > maxInterval {
		add("interval", i.String()+" is not possible", "use a time from 10s to 24h")
	}
	if s.Guard.Count < 1 || s.Guard.Percent < 1 || s.Guard.Percent > 100 {
		add("guard", "it would let nothing or anything through", "use a count from 1 and a percentage from 1 to 100")
	}
	if b := time.Duration(s.BuildTime); b != 0 && (b < minBuildTime || b > maxBuildTime) {
		add("buildTime", b.String()+" is not possible", "use a time from 1s to 24h, or none for what the configuration says")
	}
	if len(s.Signers) > maxKeys {
		add("signers", "the file has more than 64 KiB", "name fewer signers")
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the source cannot be used").WithProblems(problems...)
	}
	return nil
}
