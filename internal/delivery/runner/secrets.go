package runner

import (
	"encoding/json"
	"strings"
)

// shortest is how long a secret must be to be cut out of text: a shorter one
// would take innocent words along.
const shortest = 6

// secrets are the values that no line of the tool may show: the run's token, and
// what Job.Secret names, as they are and as JSON has them.
func (j Job) secrets() []string {
	values := []string{j.Token}
	for _, name := range j.Secret {
		values = append(values, j.Env[name])
	}
	var secrets []string
	for _, value := range values {
		if len(value) < shortest {
			continue
		}
		secrets = append(secrets, value)
		if quoted, err := json.Marshal(value); err == nil && len(quoted) != len(value)+2 {
			secrets = append(secrets, string(quoted[1:len(quoted)-1]))
		}
	}
	return secrets
}

// censor cuts the job's secrets out of a text.
func (s *stream) censor(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "(secret)")
	}
	return text
}
