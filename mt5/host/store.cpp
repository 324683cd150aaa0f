// Files and SQLite databases, in the sandbox that MQL5 programs have.
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>

#include "host.hpp"

namespace {

std::map<int, FILE *> files;
std::map<int, sqlite3 *> databases;
std::map<int, sqlite3_stmt *> statements;
int last_handle = 0;

// Empty for a name that would leave the sandbox.
std::string inside(const string &name) {
    const std::string text = name.utf8();
    if (text.empty() || text[0] == '/' || text.find("..") != std::string::npos) return "";
    return settings().directory + "/" + text;
}

sqlite3_stmt *statement_of(int handle) {
    const auto found = statements.find(handle);
    if (found == statements.end()) set_error(ERR_DATABASE_ERROR);
    return found == statements.end() ? nullptr : found->second;
}

bool good(int code) {
    if (code != SQLITE_OK) set_error(ERR_DATABASE_ERROR);
    return code == SQLITE_OK;
}

}  // namespace

// A file that is not shared belongs to one program at a time, as on Windows.
int FileOpen(const string &name, int flags) {
    const std::string path = inside(name);
    const bool writes = flags & FILE_WRITE, shared = flags & (FILE_SHARE_READ | FILE_SHARE_WRITE);
    FILE *file = path.empty() ? nullptr : fopen(path.c_str(), writes ? "a+" : "r");
    if (file && !shared && flock(fileno(file), LOCK_EX | LOCK_NB) != 0) {
        fclose(file);
        file = nullptr;
    }
    if (!file || (writes && ftruncate(fileno(file), 0) != 0)) {
        set_error(ERR_FILE_CANNOT_OPEN);
        return INVALID_HANDLE;
    }
    files[++last_handle] = file;
    return last_handle;
}

void FileClose(int file) {
    if (files.count(file)) fclose(files[file]);
    files.erase(file);
}

void FileFlush(int file) {
    if (files.count(file)) fflush(files[file]);
}

// Within the sandbox; what is there already is replaced only with FILE_REWRITE.
bool FileMove(const string &from, int common, const string &to, int flags) {
    const std::string source = inside(from), target = inside(to);
    const bool kept = !(flags & FILE_REWRITE) && access(target.c_str(), F_OK) == 0;
    if (source.empty() || target.empty() || common || kept || rename(source.c_str(), target.c_str()) != 0) {
        set_error(ERR_FILE_CANNOT_OPEN);
        return false;
    }
    return true;
}

string FileReadString(int file) {
    std::string line;
    for (int c; files.count(file) && (c = fgetc(files[file])) != EOF && c != '\n';)
        line += static_cast<char>(c);
    return string::from_utf8(line);
}

uint FileWriteString(int file, const string &text) {
    const std::string utf8 = text.utf8();
    return files.count(file) ? static_cast<uint>(fwrite(utf8.data(), 1, utf8.size(), files[file])) : 0;
}

int DatabaseOpen(const string &name, uint flags) {
    sqlite3 *database = nullptr;
    const std::string path = inside(name);
    const bool both = flags == (DATABASE_OPEN_READWRITE | DATABASE_OPEN_CREATE);
    if (path.empty() || !both || !good(sqlite3_open(path.c_str(), &database))) return INVALID_HANDLE;
    sqlite3_busy_timeout(database, 2000);
    databases[++last_handle] = database;
    return last_handle;
}

// A statement that was not finalized keeps its read lock: the expert has a leak.
void DatabaseClose(int database) {
    if (!databases.count(database)) return;
    if (sqlite3_next_stmt(databases[database], nullptr))
        throw std::runtime_error("a statement was not finalized");
    sqlite3_close(databases[database]);
    databases.erase(database);
}

// One statement only: whether a terminal would run a second one is nowhere written.
bool DatabaseExecute(int database, const string &sql) {
    const std::string text = sql.utf8();
    sqlite3_stmt *statement = nullptr;
    const char *rest = nullptr;
    if (!databases.count(database) ||
        !good(sqlite3_prepare_v2(databases[database], text.c_str(), -1, &statement, &rest)))
        return false;
    if (*rest) throw std::runtime_error("DatabaseExecute: more than one statement");
    const int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return good(code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code);
}

int DatabasePrepare(int database, const string &sql) {
    sqlite3_stmt *statement = nullptr;
    if (!databases.count(database) ||
        !good(sqlite3_prepare_v2(databases[database], sql.utf8().c_str(), -1, &statement, nullptr)))
        return INVALID_HANDLE;
    statements[++last_handle] = statement;
    return last_handle;
}

bool DatabaseBind(int statement, int index, const string &value) {
    sqlite3_stmt *found = statement_of(statement);
    return found && good(sqlite3_bind_text(found, index + 1, value.utf8().c_str(), -1, SQLITE_TRANSIENT));
}
bool DatabaseBind(int statement, int index, long value) {
    sqlite3_stmt *found = statement_of(statement);
    return found && good(sqlite3_bind_int64(found, index + 1, value));
}
bool DatabaseBind(int statement, int index, int value) {
    return DatabaseBind(statement, index, static_cast<long>(value));
}
bool DatabaseBind(int statement, int index, double value) {
    sqlite3_stmt *found = statement_of(statement);
    return found && good(sqlite3_bind_double(found, index + 1, value));
}

bool DatabaseRead(int statement) {
    sqlite3_stmt *found = statement_of(statement);
    const int code = found ? sqlite3_step(found) : SQLITE_ERROR;
    if (found)
        set_error(code == SQLITE_DONE  ? ERR_DATABASE_NO_MORE_DATA
                  : code == SQLITE_ROW ? 0
                                       : ERR_DATABASE_ERROR);
    return code == SQLITE_ROW;
}

void DatabaseFinalize(int statement) {
    if (statements.count(statement)) sqlite3_finalize(statements[statement]);
    statements.erase(statement);
}

bool DatabaseColumnText(int statement, int column, string &value) {
    sqlite3_stmt *found = statement_of(statement);
    if (!found || column >= sqlite3_column_count(found)) return false;
    const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(found, column));
    value = string(text ? text : "");
    return true;
}
bool DatabaseColumnLong(int statement, int column, long &value) {
    sqlite3_stmt *found = statement_of(statement);
    if (found) value = sqlite3_column_int64(found, column);
    return found != nullptr;
}
bool DatabaseColumnDouble(int statement, int column, double &value) {
    sqlite3_stmt *found = statement_of(statement);
    if (found) value = sqlite3_column_double(found, column);
    return found != nullptr;
}

bool DatabaseTransactionBegin(int database) {
    return DatabaseExecute(database, "BEGIN IMMEDIATE");
}
bool DatabaseTransactionCommit(int database) {
    return DatabaseExecute(database, "COMMIT");
}
bool DatabaseTransactionRollback(int database) {
    return DatabaseExecute(database, "ROLLBACK");
}
