package local

import "testing"

func TestMasksEveryLineOfAValue(t *testing.T) {
	t.Parallel()
	mask := (&expander{values: []string{"-----BEGIN KEY-----\r\nMIIabcdefgh\nxy\n", "pass"}}).mask()
	for line, want := range map[string]string{
		"key MIIabcdefgh!":          "key [secret]!",
		"-----BEGIN KEY-----":       "[secret]",
		"4d4949616263646566":        "4d4949616263646566", // another value
		"at 4d49496162636465666768": "at [secret]",        // in hex
		"TUlJYWJjZGVmZ2g=":          "[secret]g=",         // in base64, whose last character has bits of what follows
		"passport xy":               "passport xy",        // too short to be masked
	} {
		if got := mask(line); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}
