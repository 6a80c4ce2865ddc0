package stage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// environment refuses variables that would change what a run is, and secrets:
// a configuration file is read by more people than may know them. secretFix says
// where they come from instead.
func (c *checker) environment(path string, variables map[string]string, secretFix string) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		at := path + "." + name
		switch {
		case !variablePattern.MatchString(name):
			c.add(at, fmt.Sprintf("%q cannot be the name of a variable", name), "use letters, digits and _, and no digit first")
		case reserved(name):
			c.add(at, fmt.Sprintf("%s is set by Terrace itself", name), "leave it out")
		case SecretVariable(name):
			c.add(at, fmt.Sprintf("%s looks like a secret, which has no place in a configuration", name),
				secretFix)
		case strings.ContainsRune(variables[name], 0):
			c.add(at, "its value has a character that no variable can have", "")
		}
	}
}

// secretFix says where a secret of the runs of a target comes from; name is how those
// that sign in to Azure are called.
func secretFix(target, name string) string {
	if target == TargetAzure {
		return "set it as " + name + " in the environment of the daemon, or sign in without one: ARM_USE_OIDC and ARM_OIDC_TOKEN_FILE_PATH"
	}
	if target == TargetLocal {
		return "leave it out: runs on the target local sign in nowhere, and what a workload needs is set with terrace secret set"
	}
	return "leave it out, and name a file that has it, in a variable that ends with _FILE or _PATH"
}

// reserved reports the variables by which a run finds its tool, its state and
// the platform.
func reserved(name string) bool {
	for _, prefix := range []string{"TF_", "TERRACE_", "LD_", "CHECKPOINT_"} {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, "TF_LOG") {
			return true
		}
	}
	return slices.Contains([]string{"PATH", "HOME", "TMPDIR", "GOGC"}, name)
}

// SecretVariable reports names of variables whose values are secrets; that of a
// file with one is none.
func SecretVariable(name string) bool {
	upper := strings.ToUpper(name)
	if strings.HasSuffix(upper, "_PATH") || strings.HasSuffix(upper, "_FILE") || strings.HasSuffix(upper, "_URL") {
		return false
	}
	for _, word := range []string{"SECRET", "PASSWORD", "TOKEN", "CREDENTIAL", "PRIVATE", "ACCESS_KEY", "API_KEY"} {
		if strings.Contains(upper, word) {
			return true
		}
	}
	return false
}
