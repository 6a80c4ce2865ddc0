package documentmongo

import (
	"encoding/json"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// TestValuesComeBackExactly has what the server of the suite cannot keep go through BSON.
func TestValuesComeBackExactly(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"a":0.1234567890123456789012345678901234,"b":9.999999999999999999999999999999999e+125,"c":1e-129,"d":-1.00000000000000000001}`,
		`{"a":[[1,[2]],[]],"b":{"c":[[{}]]}}`, `{"$a.b":1,"%24":2,"%252E":3,"a$":null}`, `{"a":9223372036854775807,"b":9223372036854775808,"c":0.1,"d":1e+30}`,
	} {
		value, err := encode(json.RawMessage(body))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := bson.Marshal(record{Body: value})
		if err != nil {
			t.Fatal(err)
		}
		var back record
		if err := bson.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if got, err := decode(back.Body); err != nil || string(got) != body {
			t.Errorf("%s came back as %s (%v)", body, got, err)
		}
	}
}
