// Package tail shows people the requests that routes answer, as they are answered, on
// whichever replica of the gateway that is.
//
// It owns who watches what, and how lines get from one replica to who asks another.
// What is in a line is accesslog's.
package tail
