package local

import "testing"

func TestMasksEveryLineOfAValue(t *testing.T) {
	t.Parallel()
	mask := (&expander{values: []string{"-----BEGIN KEY-----\r\nMIIabcdefgh\nxy\n", "pass"}}).mask()
	for line, want := range map[string]string{
		"key MIIabcdefgh!":    "key [secret]!",
		"-----BEGIN KEY-----": "[secret]",
		"passport xy":         "passport xy", // too short to be masked
	} {
		if got := mask(line); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}
