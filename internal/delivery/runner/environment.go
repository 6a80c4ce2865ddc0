package runner

import (
	"os"
	"slices"
	"strings"
)

// passed are the variables of this process that the tool gets, too: where
// programs are, the home and the folder of temporary files unless a job has its
// own, the locale, roots of trust and the way out of the network. Everything
// else, credentials above all, stays out.
var passed = []string{ //nolint:gochecknoglobals // a constant
	"PATH", "HOME", "TMPDIR", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

func inherited() (env []string) {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(passed, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, entry)
		}
	}
	return env
}

// ofUser reports the variables of this process that name folders of its user: a job
// has its own, and what a variable names is shown to it.
func ofUser(entry string) bool {
	return strings.HasPrefix(entry, "HOME=") || strings.HasPrefix(entry, "TMPDIR=")
}

// environment is the whole environment of the tool for a job in its work directory.
func (r *Runner) environment(job Job, w workdir) []string {
	state := r.Address + "/state/v1/" + job.Stack
	env := append(slices.DeleteFunc(inherited(), ofUser),
		"HOME="+w.tmp,
		"TMPDIR="+w.tmp,
		"TF_CLI_CONFIG_FILE="+w.config(),
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
		"GOGC=400", // the tool and its providers live shortly: fewer collections save a sixth of their time
		// They speak over sockets in a folder of this user and this run alone, which
		// nobody who could read along needs: two certificates for each start of a
		// provider would be a quarter of the tool's time.
		"TF_DISABLE_PLUGIN_TLS=1",
		"TF_HTTP_ADDRESS="+state,
		"TF_HTTP_LOCK_ADDRESS="+state,
		"TF_HTTP_LOCK_METHOD=LOCK",
		"TF_HTTP_UNLOCK_ADDRESS="+state,
		"TF_HTTP_UNLOCK_METHOD=UNLOCK",
		"TF_HTTP_USERNAME="+job.RunID,
		"TF_HTTP_PASSWORD="+job.Token,
		"TERRACE_ADDRESS="+r.Address,
		"TERRACE_TOKEN="+job.Token,
	)
	for name, value := range job.Env {
		env = append(env, name+"="+value)
	}
	if job.held != nil {
		env = append(env, job.held.env...)
	}
	return env
}
