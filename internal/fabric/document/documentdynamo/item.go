package documentdynamo

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// The attributes of items. Those of documents have all; those of keys have the first three
// and the end of a life.
const (
	partition = "p"
	sort      = "s"
	identity  = "i"
	revision  = "r"
	body      = "d"
	keys      = "k"
	updated   = "u"
	// ends is the end of a life in microseconds, and removed in whole seconds after it, when
	// DynamoDB removes the item.
	ends    = "e"
	removed = "x"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func numberOf(v types.AttributeValue) int64 {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		i, _ := strconv.ParseInt(n.Value, 10, 64) // only this package writes them
		return i
	}
	return 0
}

func keyOf(at document.Place, id string) item {
	return item{partition: text(at.String()), sort: text(id)}
}

// entryOf is the key of the item that an index finds a document by.
func entryOf(at document.Place, index, key, id string) item {
	return item{partition: text(at.String() + "#" + index), sort: text(entry(key, id))}
}

// entry sorts by key, then by id: no text has the character NUL.
func entry(key, id string) string { return key + "\x00" + id }

func itemOf(at document.Place, d document.Document) (item, error) {
	value, err := encode(d.Body)
	if err != nil {
		return nil, err
	}
	known := make(map[string]types.AttributeValue, len(d.Keys))
	for name, key := range d.Keys {
		known[name] = text(key)
	}
	out := keyOf(at, d.ID)
	out[revision], out[body], out[updated] = number(d.Revision), value, number(d.UpdatedAt.UnixMicro())
	out[keys] = &types.AttributeValueMemberM{Value: known}
	ending(out, d)
	return out, nil
}

func ending(i item, d document.Document) {
	if !d.ExpiresAt.IsZero() {
		i[ends], i[removed] = number(d.ExpiresAt.UnixMicro()), number(d.ExpiresAt.Unix()+1)
	}
}

func documentOf(i item) (d document.Document, err error) {
	d = document.Document{ID: textOf(i[sort]), Revision: numberOf(i[revision]), UpdatedAt: time.UnixMicro(numberOf(i[updated])).UTC(), Keys: map[string]string{}}
	if over, there := i[ends]; there {
		d.ExpiresAt = time.UnixMicro(numberOf(over)).UTC()
	}
	if known, ok := i[keys].(*types.AttributeValueMemberM); ok {
		for name, key := range known.Value {
			d.Keys[name] = textOf(key)
		}
	}
	if d.Body, err = decode(i[body]); err != nil {
		return d, fmt.Errorf("the document %.80q: %w", d.ID, err)
	}
	return d, nil
}
