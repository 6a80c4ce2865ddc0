package config

import (
	"os"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// fromFiles reads what stands in files of their own, and returns what is wrong with them.
func (c *Config) fromFiles(file string) []kernel.Problem {
	k := &checker{file: file}
	k.either("database", c.Database, "databaseFile", c.DatabaseFile)
	k.either("documents", c.Documents, "documentsFile", c.DocumentsFile)
	k.either("gatewayRedis", c.GatewayRedis, "gatewayRedisFile", c.GatewayRedisFile)
	k.either("policyToken", c.PolicyToken, "policyTokenFile", c.PolicyTokenFile)
	k.token("policyTokenFile", c.PolicyTokenFile)
	if c.DatabaseFile != "" && len(k.problems) == 0 {
		text, err := content("databaseFile", c.DatabaseFile)
		if err != nil {
			k.add("databaseFile", err.Message, err.Fix)
		}
		c.Database = text
	}
	if c.DocumentsFile != "" && len(k.problems) == 0 {
		text, err := content("documentsFile", c.DocumentsFile)
		if err != nil {
			k.add("documentsFile", err.Message, err.Fix)
		}
		c.Documents = text
	}
	if c.GatewayRedisFile != "" && len(k.problems) == 0 {
		text, err := content("gatewayRedisFile", c.GatewayRedisFile)
		if err != nil {
			k.add("gatewayRedisFile", err.Message, err.Fix)
		}
		c.GatewayRedis = text
	}
	return k.problems
}

// either refuses two places for one value.
func (k *checker) either(key, value, other, file string) {
	if value != "" && file != "" {
		k.add(other, "there is "+key+" as well, in a file, a variable or a flag", "leave one of the two out")
	}
}

// PolicySecret returns the token that reads the repositories of policies, "" for none. Its
// file is read each time.
func (c Config) PolicySecret() (string, error) {
	if c.PolicyTokenFile == "" {
		return c.PolicyToken, nil
	}
	text, err := content("policyTokenFile", c.PolicyTokenFile)
	if err != nil {
		return "", err
	}
	return text, nil
}

// content is what a file has, without the space around it.
func content(key, path string) (string, *kernel.Error) {
	b, err := os.ReadFile(path)
	switch text := strings.TrimSpace(string(b)); {
	case err != nil:
		return "", kernel.Errorf(kernel.Unavailable, "the file %s cannot be read: %s", path, reasonOf(err)).WithFix("see %s of the configuration", key)
	case text == "" || strings.ContainsAny(text, "\r\n"):
		return "", kernel.Errorf(kernel.Unavailable, "the file %s does not have one line", path).WithFix("write the value into it, and no more; see %s of the configuration", key)
	default:
		return text, nil
	}
}
