package extract

import "time"

// Sent is one request that was sent, and its answer as far as there was one.
type Sent struct {
	PageID   string        // of the page asked for
	IDs      int           // ids asked for
	Status   int           // HTTP; 0 without an answer
	Duration time.Duration // from sending to the body's last byte
	Bytes    int           // of the body, decompressed
}

// event tells of an exchange that has come to its end.
func (x *exchange) event(took time.Duration) Event {
	return Event{
		Kind: EventRequest, Endpoint: x.request.Endpoint, Token: x.key.label,
		Sent: Sent{PageID: x.request.ID(), IDs: len(x.request.IDs), Status: max(x.status, 0), Duration: took, Bytes: len(x.body)},
	}
}
