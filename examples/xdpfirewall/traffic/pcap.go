package traffic

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The classic pcap format: a file header of 24 bytes, then for each packet a
// header of 16 bytes and its data.
//
//	file    magic u32, version u16 u16, zone i32, sigfigs u32, snaplen u32, link type u32
//	packet  seconds u32, fraction u32, captured u32, original u32
const (
	magicMicro   = 0xa1b2c3d4 // fractions are microseconds
	magicNano    = 0xa1b23c4d // fractions are nanoseconds
	linkEthernet = 1
	snapLen      = 262144 // the largest packet read or written, bytes

	fileHeader   = 24
	packetHeader = 16
)

// ErrFormat is wrapped by every error of ReadPcap about the contents of a file.
var ErrFormat = errors.New("not a usable pcap file")

// startSeconds is the time of the first packet: fixed, since output depends on
// the seed alone.
const startSeconds = 1_700_000_000

// WritePcap writes packets as a little-endian pcap file of Ethernet frames, ten
// microseconds apart. It refuses a packet of more than 262,144 bytes.
func WritePcap(w io.Writer, packets [][]byte) error {
	b := bufio.NewWriterSize(w, 1<<16)
	le := binary.LittleEndian
	h := make([]byte, 0, fileHeader)
	h = le.AppendUint32(h, magicMicro)
	h = le.AppendUint16(h, 2)
	h = le.AppendUint16(h, 4)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint32(h, snapLen)
	h = le.AppendUint32(h, linkEthernet)
	b.Write(h) // bufio keeps the first error for Flush
	for i, p := range packets {
		if len(p) > snapLen {
			return fmt.Errorf("pcap: packet %d has %d bytes, the format takes %d", i, len(p), snapLen)
		}
		micros := uint64(i) * 10
		h = le.AppendUint32(h[:0], uint32(startSeconds+micros/1e6))
		h = le.AppendUint32(h, uint32(micros%1e6))
		h = le.AppendUint32(h, uint32(len(p)))
		h = le.AppendUint32(h, uint32(len(p)))
		b.Write(h)
		b.Write(p)
	}
	return b.Flush()
}

// ReadPcap reads a pcap file of Ethernet frames, of either byte order and either
// time resolution, and returns the captured bytes of each packet. An error about
// the contents wraps ErrFormat and names the offset in bytes.
func ReadPcap(r io.Reader) ([][]byte, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	h := make([]byte, fileHeader)
	if _, err := io.ReadFull(b, h); err != nil {
		return nil, readError(0, "file header", err)
	}
	order, err := byteOrder(h)
	if err != nil {
		return nil, err
	}
	if link := order.Uint32(h[20:]) & 0xffff; link != linkEthernet {
		return nil, fmt.Errorf("pcap: offset 20: link type %d, only Ethernet (1) is read: %w", link, ErrFormat)
	}
	var packets [][]byte
	h = h[:packetHeader]
	for offset := int64(fileHeader); ; {
		if _, err := io.ReadFull(b, h); err == io.EOF {
			return packets, nil
		} else if err != nil {
			return nil, readError(offset, "packet header", err)
		}
		n := order.Uint32(h[8:])
		if n > snapLen {
			return nil, fmt.Errorf("pcap: offset %d: packet of %d bytes, at most %d are read: %w", offset+8, n, snapLen, ErrFormat)
		}
		offset += packetHeader
		p := make([]byte, n)
		if _, err := io.ReadFull(b, p); err != nil {
			return nil, readError(offset, "packet data", err)
		}
		packets = append(packets, p)
		offset += int64(n)
	}
}

func byteOrder(header []byte) (binary.ByteOrder, error) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(header) {
		case magicMicro, magicNano:
			return order, nil
		}
	}
	return nil, fmt.Errorf("pcap: offset 0: unknown magic % x: %w", header[:4], ErrFormat)
}

// readError tells a file that is cut short from a reader that broke.
func readError(offset int64, what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("pcap: offset %d: %s is cut short: %w", offset, what, ErrFormat)
	}
	return fmt.Errorf("pcap: offset %d: %s: %w", offset, what, err)
}
