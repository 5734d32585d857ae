package dev.lethe.streams.topology;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Parts;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.ShardNotice;
import java.io.IOException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.io.Encoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writes by generated code also what Avro generates none for: records with a union of several types, which it walks field
 * by field and looks up by name. Of these only the ones that every request goes through are known here. A request inside
 * a part has times, for which Avro generates no code either: it is walked.
 */
final class UnionWriter extends SpecificDatumWriter<SpecificRecord> {

    UnionWriter(Schema schema, SpecificData data) {
        super(schema, data);
    }

    @Override
    protected void writeRecord(Schema schema, Object datum, Encoder out) throws IOException {
        if (datum instanceof Parts parts) {
            writeAll(parts.getParts(), out);
        } else if (datum instanceof Notices notices) {
            writeAll(notices.getNotices(), out);
        } else if (datum instanceof Part part) {
            write(part, out);
        } else {
            super.writeRecord(schema, datum, out);
        }
    }

    private void writeAll(List<?> items, Encoder out) throws IOException {
        out.writeArrayStart();
        out.setItemCount(items.size());
        for (Object item : items) {
            out.startItem();
            if (item instanceof Part part) {
                write(part, out);
            } else {
                out.writeIndex(item instanceof ShardNotice ? 0 : 1);
                ((SpecificRecordBase) item).customEncode(out);
            }
        }
        out.writeArrayEnd();
    }

    private void write(Part part, Encoder out) throws IOException {
        SpecificRecord request = (SpecificRecord) part.getRequest();
        out.writeIndex(branch(request));
        writeRecord(request.getSchema(), request, out);
        out.writeLong(part.getRequestTime());
        out.writeInt(part.getReplyPartition());
        out.writeLong(part.getOffset());
        out.writeInt(part.getAddressed());
    }

    private static int branch(SpecificRecord request) {
        if (request instanceof DeleteRequest) {
            return 0;
        }
        if (request instanceof RelabelRequest) {
            return 1;
        }
        return request instanceof RectifyRequest ? 2 : 3;
    }
}
