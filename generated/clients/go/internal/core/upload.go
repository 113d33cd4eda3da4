package core

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
)

// Upload is a file to be sent. One whose Content is an io.Seeker can be sent again.
type Upload struct {
	Name    string
	Content io.Reader
	// Type is the media type; application/octet-stream where it is not said.
	Type string
	// Progress is told how many bytes have gone.
	Progress func(sent int64)

	start  int64
	isOpen bool
}

// open gives what is read while it is sent, from where it began.
func (u *Upload) open(again bool) (io.Reader, bool) {
	seeker, seeks := u.Content.(io.Seeker)
	if seeks && !u.isOpen {
		u.start, _ = seeker.Seek(0, io.SeekCurrent)
	}
	u.isOpen = true
	if again {
		if !seeks {
			return nil, false
		}
		if _, err := seeker.Seek(u.start, io.SeekStart); err != nil {
			return nil, false
		}
	}
	return &counted{u.Content, u.Progress, 0}, true
}

type counted struct {
	io.Reader
	tell func(int64)
	sent int64
}

func (c *counted) Read(piece []byte) (int, error) {
	n, err := c.Reader.Read(piece)
	c.sent += int64(n)
	if c.tell != nil && n > 0 {
		c.tell(c.sent)
	}
	return n, err
}

// Bytes is a body that is one file.
func Bytes(upload *Upload, media string) Body { return bytesBody{upload, media} }

type bytesBody struct {
	upload *Upload
	media  string
}

func (b bytesBody) open(again bool) (io.Reader, string, int64, bool) {
	content, ok := b.upload.open(again)
	return content, b.media, sizeOf(b.upload), ok
}

func sizeOf(upload *Upload) int64 {
	seeker, ok := upload.Content.(io.Seeker)
	if !ok {
		return -1
	}
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return -1
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return -1
	}
	if _, err = seeker.Seek(at, io.SeekStart); err != nil {
		return -1
	}
	return end - at
}

// Form is a form in the order of its fields: texts, and files.
type Form struct{ fields []field }

type field struct {
	name   string
	text   string
	upload *Upload
}

// Text adds a text, where there is one; what is no text is written as JSON.
func (f *Form) Text(name string, value any) {
	if written, ok := value.(string); ok {
		f.fields = append(f.fields, field{name: name, text: written})
		return
	}
	content, err := json.Marshal(value)
	if err == nil && string(content) != "null" {
		f.fields = append(f.fields, field{name: name, text: strings.Trim(string(content), `"`)})
	}
}

// File adds a file, where there is one.
func (f *Form) File(name string, upload *Upload) {
	if upload != nil {
		f.fields = append(f.fields, field{name: name, upload: upload})
	}
}

// Multipart is the form as multipart/form-data, written while it is sent.
func (f *Form) Multipart() Body { return multipartBody{f} }

type multipartBody struct{ form *Form }

func (b multipartBody) open(again bool) (io.Reader, string, int64, bool) {
	readers := map[*Upload]io.Reader{}
	for _, one := range b.form.fields {
		if one.upload == nil {
			continue
		}
		content, ok := one.upload.open(again)
		if !ok {
			return nil, "", -1, false
		}
		readers[one.upload] = content
	}
	from, to := io.Pipe()
	writer := multipart.NewWriter(to)
	go func() { to.CloseWithError(b.write(writer, readers)) }()
	return from, writer.FormDataContentType(), -1, true
}

func (b multipartBody) write(writer *multipart.Writer, readers map[*Upload]io.Reader) error {
	for _, one := range b.form.fields {
		if one.upload == nil {
			if err := writer.WriteField(one.name, one.text); err != nil {
				return err
			}
			continue
		}
		part, err := writer.CreatePart(headOf(one))
		if err == nil {
			_, err = io.Copy(part, readers[one.upload])
		}
		if err != nil {
			return err
		}
	}
	return writer.Close()
}

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "")

func headOf(one field) textproto.MIMEHeader {
	name, kind := one.upload.Name, one.upload.Type
	if name == "" {
		name = one.name
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", `form-data; name="`+quotes.Replace(one.name)+`"; filename="`+quotes.Replace(name)+`"`)
	head.Set("Content-Type", kind)
	return head
}

// Fields is the form as application/x-www-form-urlencoded.
func (f *Form) Fields() Body {
	values := url.Values{}
	for _, one := range f.fields {
		values.Add(one.name, one.text)
	}
	return fieldsBody{values.Encode()}
}

type fieldsBody struct{ content string }

func (b fieldsBody) open(bool) (io.Reader, string, int64, bool) {
	return strings.NewReader(b.content), "application/x-www-form-urlencoded", int64(len(b.content)), true
}
