package documentdynamo

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// encode makes an attribute of a body; numbers stay decimal.
func encode(body json.RawMessage) (types.AttributeValue, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	return attribute(value), nil
}

func attribute(value any) types.AttributeValue {
	switch v := value.(type) {
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i, inner := range v {
			list[i] = attribute(inner)
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		members := make(map[string]types.AttributeValue, len(v))
		for name, inner := range v {
			members[name] = attribute(inner)
		}
		return &types.AttributeValueMemberM{Value: members}
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}

// decode makes a body of an attribute.
func decode(value types.AttributeValue) (json.RawMessage, error) {
	plain, err := json.Marshal(plain(value))
	if err != nil {
		return nil, fmt.Errorf("write a document: %w", err)
	}
	return document.Canonical(plain)
}

func plain(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, inner := range v.Value {
			list[i] = plain(inner)
		}
		return list
	case *types.AttributeValueMemberM:
		members := make(map[string]any, len(v.Value))
		for name, inner := range v.Value {
			members[name] = plain(inner)
		}
		return members
	default:
		return nil
	}
}
