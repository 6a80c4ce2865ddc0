package documentmongo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// encode makes a BSON document of a body. Integers are of 64 bits, other numbers doubles
// where a double is what they are, and decimals else.
func encode(body json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	return element(value)
}

func element(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		return number(v.String())
	case []any:
		list := make(bson.A, len(v))
		for i, inner := range v {
			e, err := element(inner)
			if err != nil {
				return nil, err
			}
			list[i] = e
		}
		return list, nil
	case map[string]any:
		members := make(bson.M, len(v))
		for name, inner := range v {
			e, err := element(inner)
			if err != nil {
				return nil, err
			}
			members[escape(name)] = e
		}
		return members, nil
	default:
		return v, nil
	}
}

func number(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if same, err := document.CanonicalNumber(spelled(f)); err == nil && same == text {
			return f, nil
		}
	}
	n, err := primitive.ParseDecimal128(text)
	if err != nil {
		return nil, fmt.Errorf("the number %s: %w", text, err)
	}
	return n, nil
}

func spelled(f float64) string { return strconv.FormatFloat(f, 'e', -1, 64) }

// decode makes a body of a BSON document.
func decode(value any) (json.RawMessage, error) {
	raw, err := json.Marshal(plain(value))
	if err != nil {
		return nil, fmt.Errorf("write a document: %w", err)
	}
	return document.Canonical(raw)
}

func plain(value any) any {
	switch v := value.(type) {
	case float64:
		return json.Number(spelled(v))
	case primitive.Decimal128:
		return json.Number(v.String())
	case bson.A:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = plain(inner)
		}
		return list
	case bson.D:
		members := make(map[string]any, len(v))
		for _, e := range v {
			members[unescape(e.Key)] = plain(e.Value)
		}
		return members
	default: // null, booleans, texts, integers
		return v
	}
}

// Servers before MongoDB 5, and others that speak its protocol, take no dots in names, and
// no $ at their begin.

func escape(name string) string {
	name = strings.NewReplacer("%", "%25", ".", "%2E").Replace(name)
	if strings.HasPrefix(name, "$") {
		name = "%24" + name[1:]
	}
	return name
}

func unescape(name string) string {
	return strings.NewReplacer("%25", "%", "%2E", ".", "%24", "$").Replace(name)
}
