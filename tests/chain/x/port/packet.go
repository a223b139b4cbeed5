package port

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Packet is what a packet carries, as JSON.
type Packet struct {
	Key  string `json:"key"`
	Data string `json:"data"`
}

// Bytes returns the packet as it is sent.
func (p Packet) Bytes() []byte {
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err) // Two strings can always be encoded.
	}
	return encoded
}

// ParsePacket reads what arrived. A packet has a key and no unknown fields.
func ParsePacket(encoded []byte) (Packet, error) {
	var p Packet
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Packet{}, fmt.Errorf("decode packet: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Packet{}, errors.New("more than one value in a packet")
	}
	if p.Key == "" {
		return Packet{}, errors.New("packet without key")
	}
	return p, nil
}
