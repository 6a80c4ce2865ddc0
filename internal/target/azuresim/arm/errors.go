package arm

import (
	"fmt"
	"net/http"
)

// Error is a refusal as Azure writes it: {"error": {"code", "message"}}.
type Error struct {
	Status        int
	Code, Message string
	// Target is the property that is wrong, "" for none.
	Target string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes a refusal with a status, Azure's code and a message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// BadRequest is a 400.
func BadRequest(code, format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, code, format, args...)
}

// Conflict is a 409.
func Conflict(code, format string, args ...any) *Error {
	return Errorf(http.StatusConflict, code, format, args...)
}

// NotFound is a 404.
func NotFound(code, format string, args ...any) *Error {
	return Errorf(http.StatusNotFound, code, format, args...)
}

func noResource(id ID) *Error {
	if id.Group == "" {
		return NotFound("ResourceNotFound", "The Resource '%s/%s' was not found.", id.Type(), id.Name())
	}
	return NotFound("ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", id.Type(), id.Name(), id.Group)
}

func noGroup(name string) *Error {
	return NotFound("ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

func noSubscription(id string) *Error {
	return NotFound("SubscriptionNotFound", "The subscription '%s' could not be found.", id)
}
