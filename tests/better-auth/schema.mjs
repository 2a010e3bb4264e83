// Drizzle schemas as applications write them: what Better Auth 1.7 generates (with the organization and
// two-factor plugins and the chat's fields), and the chat's tables as the original application has them.
import { relations } from 'drizzle-orm';
import { boolean, index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const created = () => timestamp('created_at').defaultNow().notNull();
const updated = () => timestamp('updated_at').$onUpdate(() => new Date()).notNull();

export const users = pgTable('users', {
	id: text('id').primaryKey(),
	name: text('name').notNull(),
	email: text('email').notNull().unique(),
	emailVerified: boolean('email_verified').default(false).notNull(),
	image: text('image'),
	createdAt: created(),
	updatedAt: updated(),
	twoFactorEnabled: boolean('two_factor_enabled').default(false),
});

export const sessions = pgTable('sessions', {
	id: text('id').primaryKey(),
	expiresAt: timestamp('expires_at').notNull(),
	token: text('token').notNull().unique(),
	createdAt: created(),
	updatedAt: updated(),
	ipAddress: text('ip_address'),
	userAgent: text('user_agent'),
	userId: text('user_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
	activeOrganizationId: text('active_organization_id'),
});

export const accounts = pgTable('accounts', {
	id: text('id').primaryKey(),
	accountId: text('account_id').notNull(),
	providerId: text('provider_id').notNull(),
	userId: text('user_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
	accessToken: text('access_token'),
	refreshToken: text('refresh_token'),
	idToken: text('id_token'),
	accessTokenExpiresAt: timestamp('access_token_expires_at'),
	refreshTokenExpiresAt: timestamp('refresh_token_expires_at'),
	scope: text('scope'),
	password: text('password'),
	createdAt: created(),
	updatedAt: updated(),
});

export const verifications = pgTable('verifications', {
	id: text('id').primaryKey(),
	identifier: text('identifier').notNull(),
	value: text('value').notNull(),
	expiresAt: timestamp('expires_at').notNull(),
	createdAt: created(),
	updatedAt: timestamp('updated_at').defaultNow().$onUpdate(() => new Date()).notNull(),
});

export const organizations = pgTable('organizations', {
	id: text('id').primaryKey(),
	name: text('name').notNull(),
	slug: text('slug').notNull().unique(),
	logo: text('logo'),
	createdAt: timestamp('created_at').notNull(),
	metadata: text('metadata'),
	chatDomain: text('chat_domain'),
	chatApiKey: text('chat_api_key'),
	chatIsActive: boolean('chat_is_active'),
	chatTheme: text('chat_theme'),
	chatPrimaryColor: text('chat_primary_color'),
	chatPosition: text('chat_position'),
	chatWelcomeMessage: text('chat_welcome_message'),
	chatOfflineMessage: text('chat_offline_message'),
	chatShowAgentAvatar: boolean('chat_show_agent_avatar'),
	chatCollectEmail: boolean('chat_collect_email'),
	chatCollectName: boolean('chat_collect_name'),
	chatCustomCss: text('chat_custom_css'),
	chatCustomFields: text('chat_custom_fields'),
	chatWebhookUrl: text('chat_webhook_url'),
});

export const members = pgTable('members', {
	id: text('id').primaryKey(),
	organizationId: text('organization_id').notNull().references(() => organizations.id, { onDelete: 'cascade' }),
	userId: text('user_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
	role: text('role').default('member').notNull(),
	createdAt: timestamp('created_at').notNull(),
	chatDisplayName: text('chat_display_name'),
	chatRole: text('chat_role'),
	chatIsOnline: boolean('chat_is_online'),
	chatMaxConcurrentChats: integer('chat_max_concurrent_chats'),
});

export const invitations = pgTable('invitations', {
	id: text('id').primaryKey(),
	organizationId: text('organization_id').notNull().references(() => organizations.id, { onDelete: 'cascade' }),
	email: text('email').notNull(),
	role: text('role'),
	status: text('status').default('pending').notNull(),
	expiresAt: timestamp('expires_at').notNull(),
	createdAt: created(),
	inviterId: text('inviter_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
});

export const twoFactors = pgTable('two_factors', {
	id: text('id').primaryKey(),
	secret: text('secret').notNull(),
	backupCodes: text('backup_codes').notNull(),
	userId: text('user_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
	verified: boolean('verified').default(true),
	failedVerificationCount: integer('failed_verification_count').default(0),
	lockedUntil: timestamp('locked_until'),
});

export const auth = { users, sessions, accounts, verifications, organizations, members, invitations, twoFactors };

// The chat: these columns and no others.
export const chatUsers = pgTable('chat_users', {
	id: text('id').primaryKey(),
	organizationId: text('organization_id').notNull().references(() => organizations.id, { onDelete: 'cascade' }),
	userId: text('user_id').references(() => users.id),
	email: text('email'),
	name: text('name'),
	sessionId: text('session_id'),
	userAgent: text('user_agent'),
	ipAddress: text('ip_address'),
	metadata: text('metadata'),
	createdAt: timestamp('created_at').notNull(),
	lastSeenAt: timestamp('last_seen_at'),
}, (t) => [index('chat_users_org_session_idx').on(t.organizationId, t.sessionId),
	index('chat_users_email_idx').on(t.email), index('chat_users_user_id_idx').on(t.userId)]);

export const conversations = pgTable('conversations', {
	id: text('id').primaryKey(),
	organizationId: text('organization_id').notNull().references(() => organizations.id, { onDelete: 'cascade' }),
	chatUserId: text('chat_user_id').notNull().references(() => chatUsers.id, { onDelete: 'cascade' }),
	assignedAgentId: text('assigned_agent_id').references(() => members.id),
	status: text('status').default('open').notNull(),
	priority: text('priority').default('normal').notNull(),
	subject: text('subject'),
	tags: text('tags'),
	pageUrl: text('page_url'),
	referrer: text('referrer'),
	metadata: text('metadata'),
	createdAt: timestamp('created_at').notNull(),
	updatedAt: timestamp('updated_at').notNull(),
	closedAt: timestamp('closed_at'),
});

export const messages = pgTable('messages', {
	id: text('id').primaryKey(),
	conversationId: text('conversation_id').notNull().references(() => conversations.id, { onDelete: 'cascade' }),
	senderId: text('sender_id').notNull(),
	senderType: text('sender_type').notNull(),
	content: text('content').notNull(),
	messageType: text('message_type').default('text').notNull(),
	metadata: text('metadata'),
	isRead: boolean('is_read').default(false).notNull(),
	createdAt: timestamp('created_at').notNull(),
	editedAt: timestamp('edited_at'),
});

export const attachments = pgTable('attachments', {
	id: text('id').primaryKey(),
	messageId: text('message_id').notNull().references(() => messages.id, { onDelete: 'cascade' }),
	fileName: text('file_name').notNull(),
	fileSize: integer('file_size').notNull(),
	mimeType: text('mime_type').notNull(),
	url: text('url').notNull(),
	thumbnailUrl: text('thumbnail_url'),
	createdAt: timestamp('created_at').notNull(),
});

export const conversationAssignments = pgTable('conversation_assignments', {
	id: text('id').primaryKey(),
	conversationId: text('conversation_id').notNull().references(() => conversations.id, { onDelete: 'cascade' }),
	agentId: text('agent_id').notNull().references(() => members.id),
	assignedBy: text('assigned_by'),
	assignedAt: timestamp('assigned_at').notNull(),
	unassignedAt: timestamp('unassigned_at'),
	reason: text('reason'),
});

const conversationRelations = relations(conversations, ({ one, many }) => ({
	organization: one(organizations, { fields: [conversations.organizationId], references: [organizations.id] }),
	visitor: one(chatUsers, { fields: [conversations.chatUserId], references: [chatUsers.id] }),
	agent: one(members, { fields: [conversations.assignedAgentId], references: [members.id] }),
	messages: many(messages),
}));
const messageRelations = relations(messages, ({ one, many }) => ({
	conversation: one(conversations, { fields: [messages.conversationId], references: [conversations.id] }),
	attachments: many(attachments),
}));
const attachmentRelations = relations(attachments, ({ one }) => ({
	message: one(messages, { fields: [attachments.messageId], references: [messages.id] }),
}));

export const chat = { ...auth, chatUsers, conversations, messages, attachments, conversationAssignments,
	conversationRelations, messageRelations, attachmentRelations };
